import type { Command, OptionSpec } from './command';
import { table } from './format/table';
import { COMMON_OPTIONS, usageLine } from './words';

/** Commands of the launcher itself: they prepare the machine before Node runs, so they are not in the table. */
export const LAUNCHER_COMMANDS: readonly (readonly [usage: string, summary: string])[] = [
  ['test [--without-docker]', 'installs what the tests need, and runs the whole suite'],
  ['check', 'types, lint, rooms and cycles'],
  ['bench [NAME] [--json]', 'measures; without a name, lists what can be measured'],
  ['build', 'compiles, when a source is newer than the program'],
  ['env', 'prints the lines that give a shell the same Node and tools: eval "$(./gantry env)"'],
];

export const EXIT_LINES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'refused, or it did not end well'],
  ['2', 'wrong use: unknown command or option, missing argument; nothing was done'],
  ['3', 'Gantry does not answer'],
  ['4', 'not allowed: no token, a wrong one, or one without this right'],
];

/** The commands in the order in which one meets them. */
const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['This folder', ['demo', 'up', 'down', 'status', 'doctor']],
  ['An app', ['init', 'lint', 'app']],
  ['Its runs', ['run', 'schedule', 'why', 'restart', 'approve', 'reject', 'review', 'freeze', 'request']],
  ['What serves', ['release', 'gray', 'rollback', 'undo', 'env', 'instance', 'logs', 'shell']],
  ['People', ['login', 'logout', 'user', 'role', 'team', 'token', 'session']],
  ['Gantry itself', ['runner', 'upgrade', 'backup', 'restore', 'prune', 'audit', 'tls']],
  ['For programs and shells', ['api', 'completion']],
];

export function grouped(commands: readonly Command[]): [title: string, commands: Command[]][] {
  const firstWord = (command: Command): string => command.name.split(' ')[0] ?? '';
  const known = GROUPS.flatMap(([, names]) => names);
  const rest = commands.filter((command) => !known.includes(firstWord(command)));
  return [
    ...GROUPS.map(([title, names]): [string, Command[]] => [
      title,
      names.flatMap((name) => commands.filter((command) => firstWord(command) === name)),
    ]),
    ['More', rest],
  ];
}

/** All commands, a line each. */
export function overview(commands: readonly Command[], version: string): string {
  const rows = grouped(commands).map(([title, list]): [string, string[][]] => [
    title,
    list.map((command) => [`  ${shortUsage(command)}`, command.summary]),
  ]);
  rows.push(['For developers of Gantry', LAUNCHER_COMMANDS.map(([usage, summary]) => [`  ${usage}`, summary])]);
  const width = Math.max(...rows.flatMap(([, list]) => list.map(([usage = '']) => usage.length)));
  const parts = rows
    .filter(([, list]) => list.length > 0)
    .map(([title, list]) =>
      [title, ...list.map(([usage = '', summary = '']) => `${usage.padEnd(width)}  ${summary}`)].join('\n'),
    );
  return [
    `Gantry ${version}: from git push to production, and back.`,
    ...parts,
    `Every command takes --json. Exit status: ${EXIT_LINES.map(([code, meaning]) => `${code} ${meaning.split(/[:;]/)[0]}`).join(', ')}.`,
    'One command in full: gantry help COMMAND',
  ].join('\n\n');
}

const shortUsage = (command: Command): string =>
  [command.name, ...command.arguments.map(({ name, optional }) => (optional ? `[${name}]` : name))].join(' ');

/** Several commands in full; what they have in common stands once, at the end. */
export const groupHelp = (commands: readonly Command[]): string =>
  [
    ...commands.map((command) => commandHelp(command, {})),
    `Options of all commands:\n${rowsOf(optionRows(COMMON_OPTIONS))}`,
  ].join('\n\n');

/** One command in full. */
export function commandHelp(command: Command, common: Readonly<Record<string, OptionSpec>> = COMMON_OPTIONS): string {
  const rows = [
    ...command.arguments.map(({ name, help }) => [`  ${name}`, help]),
    ...optionRows(command.options),
    ...optionRows(common),
  ];
  const examples = (command.examples ?? []).map((example) => `  ${example}`);
  return [
    `${usageLine(command)}\n  ${capital(command.summary)}.`,
    command.details === undefined ? '' : wrap(command.details, 100),
    rowsOf(rows),
    examples.length === 0 ? '' : ['Examples:', ...examples].join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

const rowsOf = (rows: string[][]): string => table(['', ''], rows).replace(/^\n/, '');

const optionRows = (options: Readonly<Record<string, OptionSpec>>): string[][] =>
  Object.entries(options).map(([name, spec]) => [`  ${optionWords(name, spec)}`, spec.help]);

export const optionWords = (name: string, { value, short }: OptionSpec): string =>
  `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function wrap(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] ?? '';
    if (last !== '' && last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}
