import type { PipelineName } from '../commands/command';

const serve = (env = '') => `  port: 8080
  health: { path: /health, within: 10s }
  drain: 5s
${env}`;

const image = (env = '') => `serve:
  image: { dockerfile: Dockerfile }
${serve(env)}`;

const artifact = `build:
  artifact: { in: gantry/node, run: make, take: out/app.bin }
  commands:
    - { name: unit, in: gantry/node, run: make test }
serve:
  base: gantry/node
  files: [{ from: app.conf, to: /etc/app.conf }]
  instances: 2
${serve()}`;

/** `gantry.yml` of the commits that are pushed, after its first line. */
const TEXTS: Record<PipelineName, string> = {
  short: `${image()}stages:
  production: { keepWarm: 20s }
`,
  full: `${artifact}stages:
  test:
    deliver: inject
    verify:
      - http: { path: /health, status: 200 }
      - { run: ./smoke.sh, in: gantry/node }
  gray:
    deliver: image
    share: 10%
    rules: [{ header: X-Team, equals: qa }]
    observe: { for: 2s, errors: "< 5%" }
  production:
    approve: { role: release-manager }
    keepWarm: 30m
`,
  gates: `${image()}stages:
  gray:
    approve: { role: release-manager }
    share: 50%
  production:
    approve: { role: release-manager, count: 2 }
    keepWarm: 30m
`,
  sick: `${image('  env: { SICK: "1" }\n')}stages:
  test: { deliver: image, keepFailed: 1m }
  production: { keepWarm: 0s }
`,
  broken: `build:
  commands:
    - { name: unit, in: gantry/node, run: "false" }
${image()}stages:
  production: { keepWarm: 0s }
`,
};

export const pipelineText = (app: string, pipeline: PipelineName): string => `app: ${app}\n${TEXTS[pipeline]}`;
