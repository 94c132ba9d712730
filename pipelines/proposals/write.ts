import type { ArtifactOrigin, Finding, ImageOrigin } from './finding';

/** The text of a proposed `gantry.yml`. */
export function writeProposal(app: string, finding: Finding): string {
  const { origin, port, healthPath, test } = finding;
  return [
    '# Proposed by Gantry. Read it once, mend what is wrong, and commit it; "gantry lint" checks it.',
    ...finding.why.map((reason) => `# - ${oneLine(reason)}`),
    '',
    `app: ${quoted(app)}`,
    ...buildLines(origin, test),
    'serve:',
    ...(origin.kind === 'image' ? imageLines(origin) : [`  base: ${origin.base}`]),
    `  port: ${port}`,
    `  health: { path: ${quoted(healthPath)}, within: 60s }`,
    '  resources: { memory: 512m, cpus: 1 }',
    ...stageLines(healthPath),
    '',
  ].join('\n');
}

/** What is written when nothing is known: it names what is missing, and does not pass lint until it is filled in. */
export function writeSkeleton(app: string): string {
  return SKELETON.replace('APP', quoted(app));
}

/** The text of the Dockerfile that the proposal needs; null when there is one, or none is needed. */
export function writeDockerfile({ origin }: Finding): { path: string; text: string } | null {
  if (origin.kind !== 'image' || origin.suggested.length === 0) return null;
  return { path: origin.dockerfile, text: ['# Proposed by Gantry.', ...origin.suggested, ''].join('\n') };
}

function buildLines(origin: Finding['origin'], test: Finding['test']): string[] {
  if (origin.kind === 'image' && test === null) return [];
  return ['build:', ...(origin.kind === 'artifact' ? artifactLines(origin) : []), ...testLines(test)];
}

function artifactLines(origin: ArtifactOrigin): string[] {
  return [
    '  artifact:',
    `    in: ${origin.in}`,
    `    run: ${origin.run}`,
    `    take: ${origin.take}`,
    `    cache: [${origin.cache}]`,
  ];
}

function testLines(test: Finding['test']): string[] {
  if (test === null) return [];
  return [
    '  commands:',
    '    - name: unit-tests',
    `      in: ${test.in}`,
    `      run: ${test.run}`,
    `      cache: [${test.cache.join(', ')}]`,
  ];
}

function imageLines({ dockerfile, context }: ImageOrigin): string[] {
  const lines = ['  image:', `    dockerfile: ${quoted(dockerfile)}`];
  return context === '.' ? lines : [...lines, `    context: ${quoted(context)}`];
}

function stageLines(healthPath: string): string[] {
  return [
    'stages:',
    '  test:',
    '    verify:',
    `      - http: { path: ${quoted(healthPath)}, status: 200 }`,
    '  gray:',
    '    approve: { role: release-manager }',
    '    share: 5%',
    '    rules: [{ header: X-Gray, equals: "1" }, { cookie: gray, equals: "1" }]',
    '    observe: { for: 10m, errors: "< 1%" }',
    '  production:',
    '    approve: { role: release-manager }',
    '    keepWarm: 30m',
  ];
}

/** Names from the repository must not end the comment they stand in. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ');
}

/** Text that YAML reads back as it is. */
function quoted(text: string): string {
  return /^[A-Za-z/][A-Za-z0-9._/-]*$/.test(text) && !/^(true|false|null)$/i.test(text) ? text : JSON.stringify(text);
}

const SKELETON = `# Gantry found nothing here that tells how the app is built, so this is a skeleton.
# Fill in one of the two ways below, remove the other, then run "gantry lint".

app: APP

# Way 1: the app builds its own image. Add a Dockerfile, and remove the "#" here.
# serve:
#   image: { dockerfile: Dockerfile }
#   port: 8080
#   health: { path: /health, within: 60s }

# Way 2: a command makes a file (WAR, EAR) that is put into a base container. Remove the "#" here.
# build:
#   artifact:
#     in: gantry/maven
#     run: mvn -B package
#     take: target/*.war
#     cache: [~/.m2]
# serve:
#   base: gantry/tomcat
#   port: 8080
#   health: { path: /health, within: 60s }
`;
