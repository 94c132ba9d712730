import { type CheckResult, checkPipeline } from '../../../pipelines/check';
import { parsePipeline } from '../../../pipelines/parse';
import type { PipelineSpec, Problem } from '../../../pipelines/types';

/** The example of the design: a WAR, injected in test, as an image in gray and production. */
export const WAR = `app: ledger
build:
  artifact:
    in: gantry/maven
    run: mvn -B package
    take: target/*.war
    cache: [~/.m2]
serve:
  base: gantry/tomcat
  port: 8080
  health: { path: /health, within: 60s }
  env: { JAVA_OPTS: -Xmx256m }
  resources: { memory: 512m, cpus: 1 }
stages:
  test:
    deliver: inject
    verify:
      - http: { path: /health, status: 200 }
      - run: ./smoke.sh
  gray:
    deliver: image
    approve: { role: release-manager }
    share: 5%
    rules: [{ header: X-Gray, equals: "1" }, { cookie: gray, equals: "1" }]
    observe: { for: 10m, errors: "< 1%", p95: "< 300ms" }
  production:
    approve: { role: release-manager, count: 2 }
    keepWarm: 30m
`;

/** The least that works. */
export const IMAGE = `app: storefront
serve:
  image: {}
  port: 3000
  health: { path: /health }
`;

export function specOf(text: string): PipelineSpec {
  const parsed = parsePipeline(text);
  if (!parsed.ok) throw new Error(`the text was refused: ${JSON.stringify(parsed.problems)}`);
  return parsed.spec;
}

export function check(text: string, facts: { solo?: boolean; files?: (path: string) => boolean } = {}): CheckResult {
  return checkPipeline(text, { file: 'gantry.yml', solo: false, ...facts });
}

/** The only problem of a text; fails when there are none or several. */
export function onlyProblem(text: string, facts: Parameters<typeof check>[1] = {}): Problem {
  const { problems } = check(text, facts);
  const [problem, ...others] = problems;
  if (problem === undefined || others.length > 0) throw new Error(`not one problem: ${JSON.stringify(problems)}`);
  return problem;
}
