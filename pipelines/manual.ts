import { describeKey } from './annotate';
import * as limits from './limits';
import { everyKey, type SchemaNode, schemaAt } from './schema';
import { formatDuration, formatMemory } from './units';

export interface CatalogFile {
  name: string;
  text: string;
}

/** The manual page of `gantry.yml` (Markdown), made from the schema and the annotated catalog files. */
export function manual(catalog: readonly CatalogFile[]): string {
  const examples = catalog.map(({ name, text }) => `## Example: ${name}\n\n\`\`\`yaml\n${text.trimEnd()}\n\`\`\`\n`);
  return [INTRODUCTION, steps(), values(), keys(), ...examples].join('\n');
}

const INTRODUCTION = `# gantry.yml

<!-- Made from pipelines/shape.ts and pipelines/catalog/. Do not edit: a test compares the two. -->

One file at the root of the repository says how an app is built, served, and taken from a push to production. Let
\`gantry init\` propose one from what is in the repository; check it with \`gantry lint\`. Each problem is told with file,
line, column, the text that was refused and the nearest valid key.
`;

function steps(): string {
  return `## What a run does

\`plan\`, then the commands and the build side by side, then \`seal\`. From there on every stage gets the same bytes.
In each stage, in this order:

| step | when |
|---|---|
| deliver | always: starts the instances and waits until each is healthy |
| verify | when there are checks |
| approve | when people are to be asked: after they can see the release run, before it gets traffic or goes on; where production's secrets are given, before deliver |
| share, observe | in gray; nothing to do while nothing serves production yet |
| promote, retire | in production |

Stages stand in this order: environments (\`test\`, and any other name), \`gray\`, \`production\`. Without the key
\`stages\` the three run with their defaults.
`;
}

function values(): string {
  const range = `${formatMemory(limits.MEMORY_MIN)} to ${formatMemory(limits.MEMORY_MAX)}`;
  return `## Values

| kind | written | means |
|---|---|---|
| duration | \`500ms\` \`10s\` \`5m\` \`2h\` \`7d\` | a whole number and a unit |
| memory | \`512m\` \`1g\` | 1m = 1,048,576 bytes; ${range} |
| share | \`5%\` \`0.01%\` | at most two decimals |
| threshold | \`"< 1%"\` \`"< 300ms"\` | in quotes; must not be reached |
| pattern | \`target/*.war\` | \`*\` and \`?\` stay in one folder, \`**\` spans folders |
| variables | \`NAME: value\` | numbers and \`true\` are taken as they are written |

| limit | |
|---|---|
| text | ${limits.TEXT_MAX / 1024} KiB |
| keys and values, aliases followed | ${limits.NODES_MAX.toLocaleString('en')} |
| levels | ${limits.DEPTH_MAX} |
| entries in a list | ${limits.LIST_MAX} |
| instances of a stage | ${limits.INSTANCES_MAX} |
| changed paths of a push; past it every path counts as changed | ${limits.CHANGED_PATHS_MAX.toLocaleString('en')} |
| people at one gate | ${limits.APPROVERS_MAX} |
| kept warm | ${formatDuration(limits.KEEP_WARM_MS_MAX)} |

YAML tags, directives, merge keys, tabs and several documents are refused.
`;
}

function keys(): string {
  const rows = everyKey()
    .filter(({ path }) => !isRepeated(path))
    .map(({ path, node }) => `| \`${path}\` | ${typeOf(node)} | ${describeKey(node, isRequired(path))} |`);
  return `## Keys

Keys of \`stages.test\` are keys of every stage; \`gray\` and \`production\` list only what they have besides.

| key | value | |
|---|---|---|
${rows.map((row) => row.replaceAll(' \\|', ' \\\\|')).join('\n')}
`;
}

/** Stages share most keys; the table shows them once, for test. */
function isRepeated(path: string): boolean {
  const inStage = /^stages\.(gray|production)\.(.+)$/.exec(path);
  return inStage !== null && everyKey().some((entry) => entry.path === `stages.test.${inStage[2]}`);
}

function isRequired(path: string): boolean {
  const parts = path.split(/(?=\[\])|\./).map((part) => (part === '[]' ? 0 : part));
  const key = String(parts.at(-1));
  return schemaAt(parts.slice(0, -1))?.required?.includes(key) ?? false;
}

function typeOf(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return 'list';
  if (node.type === 'object') return node.properties === undefined ? 'variables' : 'keys';
  if (node.type === 'integer') return 'whole number';
  if (node.type === 'boolean') return '`true`, `false`';
  return typeof node.type === 'string' ? unitOf(node) : 'value';
}

function unitOf(node: SchemaNode): string {
  if (node.type === 'number') return 'number';
  if (node.pattern?.startsWith('^<') === true) return 'threshold';
  if (node.pattern?.includes('(ms|s|m|h|d)') === true) return 'duration';
  if (node.pattern?.includes('(m|g)') === true) return 'memory';
  return node.pattern?.endsWith('%$') === true ? 'share' : 'text';
}
