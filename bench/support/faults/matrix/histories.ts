import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { NO_COMMIT } from '../../../../engine/deliveries/accept';
import type { Engine } from '../../../../engine/engine';
import type { Given } from '../../../../pipelines/types';
import { oneFileArchive } from '../../../../runners/dummy/archive';

export const APP = 'shop';
/** Everything takes so long that something can happen in the middle, ms. */
export const PLAYED_MS = 60;
const SLEEP = `DUMMY_SLEEP_MS: "${PLAYED_MS}"`;

const TAIL = `  port: 8080
  health: { path: /health, within: 20s }
  env: { ${SLEEP} }
stages:
  test:
    verify: [{ run: look, in: gantry/node, env: { ${SLEEP} } }]
  gray:
    approve: { role: release-manager }
    share: 5%
    observe: { for: 1s, errors: "< 50%" }
  production:
    approve: { role: release-manager }
    keepWarm: 30m
`;
/** With every kind of step that a build by Dockerfile has, and two gates. */
export const BY_IMAGE = `app: ${APP}
on: { branches: ["work-*"] }
build:
  commands: [{ name: unit, in: gantry/node, run: "true", env: { ${SLEEP} } }]
serve:
  image: { dockerfile: Dockerfile, args: { ${SLEEP} } }
${TAIL}`;
const BY_ARTIFACT = `app: ${APP}
on: { branches: ["work-*"] }
build:
  artifact: { in: gantry/maven, run: mvn package, take: target/*.war, env: { ${SLEEP} } }
serve:
  base: gantry/tomcat
${TAIL}`;

const WAR_BYTES = oneFileArchive('WEB-INF/web.xml', '<web-app/>');
const WAR: Given = {
  kind: 'war',
  digest: `sha256:${createHash('sha256').update(WAR_BYTES).digest('hex')}`,
  name: `${APP}.war`,
};
const IMAGE: Given = { kind: 'image', ref: `sha256:${'7'.repeat(64)}` };
const ADA = 'user:ada';

/** A branch and its commit. */
export interface Head {
  branch: string;
  commit: string;
}

/** A run in which somebody dies, after two that went well. */
export interface History {
  name: string;
  pipeline: string;
  /** Starts the run; its commit is in the repository. @returns its number */
  begin(engine: Engine, head: Head): Promise<number>;
  /** A step of each kind that only this history has. */
  steps: readonly { kind: string; step: string }[];
}

export const push = async (engine: Engine, { branch, commit }: Head): Promise<number> => {
  const ref = `refs/heads/${branch}`;
  const what = { app: APP, source: 'git-push', ref, before: NO_COMMIT, after: commit, pusher: ADA };
  const [accepted] = await engine.deliveries.accept(what, ADA);
  if (accepted?.run == null) throw new Error(`the push of ${branch} made no run`);
  return accepted.run.number;
};

/** Without sources there is nothing to run a check of one's own in. */
const looked = (pipeline: string): string =>
  pipeline.replace(/verify: .*/, 'verify: [{ http: { path: /health, status: 200 } }]');

const give =
  (given: Given, pipeline: string) =>
  async (engine: Engine): Promise<number> => {
    await engine.parts.bytes.put(Readable.from([WAR_BYTES]), WAR_BYTES.length);
    return (await engine.releases.create({ app: APP, given, pipeline }, ADA)).run;
  };

const of = (kind: string, step = kind) => ({ kind, step });

export const HISTORIES: readonly History[] = [
  {
    name: 'image',
    pipeline: BY_IMAGE,
    begin: push,
    steps: [
      of('plan'),
      of('command', 'command/unit'),
      of('build-image'),
      of('seal'),
      of('deliver', 'test/deliver'),
      of('verify', 'test/verify'),
      of('approve', 'gray/approve'),
      of('share', 'gray/share'),
      of('observe', 'gray/observe'),
      of('promote', 'production/promote'),
      of('retire', 'production/retire'),
    ],
  },
  { name: 'artifact', pipeline: BY_ARTIFACT, begin: push, steps: [of('build-artifact'), of('layer-image')] },
  { name: 'war', pipeline: BY_ARTIFACT, begin: give(WAR, looked(BY_ARTIFACT)), steps: [of('take-artifact')] },
  { name: 'given image', pipeline: BY_IMAGE, begin: give(IMAGE, looked(BY_IMAGE)), steps: [of('take-image')] },
];
