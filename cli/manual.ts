import type { Command, OptionSpec } from './command';
import { capital, EXIT_LINES, grouped, LAUNCHER_COMMANDS, optionWords } from './help';
import { COMMON_OPTIONS, usageLine } from './words';

/** `docs/commands.md`, made from the table of commands, so that it cannot tell anything else than they do. */
export function commandManual(commands: readonly Command[]): string {
  const sections = grouped(commands)
    .filter(([, list]) => list.length > 0)
    .map(([title, list]) => [`## ${title}`, ...list.map(section)].join('\n\n'));
  return `${[introduction(), ...sections, launcher()].join('\n\n')}\n`;
}

const introduction = (): string =>
  [
    '# The command line',
    '<!-- Made from cli/table.ts by: node -r ts-node/register test/cli/support/write-manual.ts -->',
    'Below, `gantry` stands for `./gantry` in the folder of Gantry; it may be called by its path from any other folder, or ' +
      'linked into one of your `PATH`.',
    '**Which Gantry.** Commands speak to the Gantry that `gantry up` started for this data folder (`GANTRY_HOME`, else ' +
      '`.gantry` beside the launcher). `--url` and `--token`, or the variables `GANTRY_URL` and `GANTRY_TOKEN`, name another ' +
      "one. The token that this folder keeps is never sent to another one's address. `GANTRY_CA` names a PEM file with the " +
      'authority of one that speaks HTTPS and that this machine does not trust anyway (tls.md).',
    '**For people and for programs.** On a terminal there are colours (not with `NO_COLOR`), progress and relative times; in a ' +
      'pipe plain lines and UTC times. With `--json` a command prints one JSON document on stdout, and an error as one on ' +
      'stderr: `{"error":{"code":…,"message":…,"next":…}}`.',
    `| exit status | meaning |\n|---|---|\n${EXIT_LINES.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n')}`,
    'Options of every command:',
    rows(Object.entries(COMMON_OPTIONS).map(([name, spec]) => option(name, spec))),
  ].join('\n\n');

function section(command: Command): string {
  const pairs = [
    ...command.arguments.map(({ name, help }): [string, string] => [name, help]),
    ...Object.entries(command.options).map(([name, spec]) => option(name, spec)),
  ];
  const examples = command.examples ?? [];
  return [
    `### gantry ${command.name}`,
    `${capital(command.summary)}.`,
    command.details ?? '',
    `\`\`\`\n${usageLine(command)}\n\`\`\``,
    pairs.length === 0 ? '' : rows(pairs),
    examples.length === 0 ? '' : ['For example:', `\`\`\`sh\n${examples.join('\n')}\n\`\`\``].join('\n\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

const option = (name: string, spec: OptionSpec): [string, string] => [optionWords(name, spec), spec.help];

function rows(pairs: [string, string][]): string {
  return `| | |\n|---|---|\n${pairs.map(([name, help]) => `| \`${name}\` | ${help.replaceAll('|', '\\|')} |`).join('\n')}`;
}

function launcher(): string {
  return [
    '## For developers of Gantry',
    'These are the launcher’s own: they prepare the machine before any of Gantry runs.',
    rows(LAUNCHER_COMMANDS.map(([usage, summary]) => [`gantry ${usage}`, summary])),
  ].join('\n\n');
}
