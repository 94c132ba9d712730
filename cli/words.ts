import { parseArgs } from 'node:util';
import { nearest } from '../pipelines/nearest';
import type { ArgumentSpec, Command, OptionSpec } from './command';
import { usageError } from './errors';
import { Input } from './input';

/** Options that every command has. */
export const COMMON_OPTIONS = {
  json: { help: 'one JSON document on stdout; errors as {"error":…} on stderr' },
  url: { value: 'URL', help: 'address of Gantry (else GANTRY_URL, else the one started in this folder)' },
  token: { value: 'TOKEN', help: 'your token (else GANTRY_TOKEN, else the one kept by ./gantry up)' },
  help: { short: 'h', help: 'shows this help' },
} as const satisfies Record<string, OptionSpec>;

export interface Typed {
  command: Command;
  input: Input;
  help: boolean;
}

/** Finds the command that the words begin with, and reads the rest by its table. @throws CommandError (exit 2). */
export function readWords(words: readonly string[], commands: readonly Command[]): Typed {
  const { command, rest } = findCommand(words, commands);
  const specs: Record<string, OptionSpec> = { ...command.options, ...COMMON_OPTIONS };
  const options: Record<string, string | true> = {};
  const many: Record<string, string[]> = {};
  const positionals: string[] = [];
  const own = ownWords(rest);
  const after = takesRest(command) ? rest.slice(own.length + 1) : [];
  const parsed = parseArgs({
    args: takesRest(command) ? own : [...rest],
    options: toParserOptions(specs),
    strict: false,
    tokens: true,
  });
  for (const token of parsed.tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const value = optionValue(command, specs, token);
    options[token.name] = value;
    if (specs[token.name]?.many === true && value !== true) many[token.name] = [...(many[token.name] ?? []), value];
  }
  const help = options.help === true;
  const values = help ? {} : namedArguments(command, positionals);
  return { command, input: new Input(values, options, after, many), help };
}

/** What is said to Gantry, and not to a command that follows `--`. */
export function ownWords(words: readonly string[]): string[] {
  const at = words.indexOf('--');
  return words.slice(0, at < 0 ? words.length : at);
}

const takesRest = (command: Command): boolean => command.arguments.some(({ rest }) => rest === true);

/** The longest command name that the words begin with; common options may stand before it. */
function findCommand(words: readonly string[], commands: readonly Command[]): { command: Command; rest: string[] } {
  const before: string[] = [];
  const after = [...words];
  while (after[0]?.startsWith('-')) {
    const word = after.shift() as string;
    before.push(word);
    if ((word === '--url' || word === '--token') && after.length > 0) before.push(after.shift() as string);
  }
  for (const length of [2, 1]) {
    const name = after.slice(0, length).join(' ');
    const command = commands.find((known) => known.name === name);
    if (command !== undefined) return { command, rest: [...before, ...after.slice(length)] };
  }
  throw unknownCommand(after, before, commands);
}

function unknownCommand(words: string[], before: string[], commands: readonly Command[]): Error {
  const [first, second] = words;
  if (first === undefined) {
    return before.length > 0
      ? usageError(`${before[0]} stands alone: name a command`, 'see them all: gantry help')
      : usageError('no command was given', 'see them all: gantry help');
  }
  const nouns = commands.filter((command) => command.name.startsWith(`${first} `)).map((command) => command.name);
  const typed = nouns.length > 0 && second !== undefined && !second.startsWith('-') ? `${first} ${second}` : first;
  if (nouns.length > 0) {
    const near = nearest(typed, nouns);
    const list = `${first} has the commands ${nouns.join(', ')}`;
    return typed === first
      ? usageError(`"${first}" wants a second word`, list)
      : usageError(`there is no command "${typed}"`, near === null ? list : `did you mean "gantry ${near}"?`);
  }
  const names = commands.map((command) => command.name);
  const whole =
    second === undefined
      ? null
      : nearest(
          `${first} ${second}`,
          names.filter((name) => name.includes(' ')),
        );
  const near = whole ?? nearest(first, [...names, ...names.map((name) => name.split(' ')[0] ?? '')]);
  return usageError(
    `there is no command "${first}"`,
    near === null ? 'see them all: gantry help' : `did you mean "gantry ${near}"?`,
  );
}

type ParserOption = { type: 'string' | 'boolean'; short?: string };

function toParserOptions(specs: Record<string, OptionSpec>): Record<string, ParserOption> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) } as const,
    ]),
  );
}

interface OptionToken {
  name: string;
  rawName: string;
  value?: string | undefined;
}

function optionValue(command: Command, specs: Record<string, OptionSpec>, token: OptionToken): string | true {
  const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
  if (spec === undefined) {
    const near = nearest(token.name, Object.keys(specs));
    const next = near === null ? `see what it takes: gantry help ${command.name}` : `did you mean --${near}?`;
    throw usageError(`gantry ${command.name} has no option ${token.rawName}`, next);
  }
  if (spec.value === undefined) {
    if (token.value !== undefined) throw usageError(`--${token.name} is a switch and takes no value`);
    return true;
  }
  if (token.value === undefined || (token.value.startsWith('--') && Object.hasOwn(specs, token.value.slice(2)))) {
    throw usageError(`--${token.name} needs a value`, `write --${token.name} ${spec.value}`);
  }
  return token.value;
}

function namedArguments(command: Command, positionals: string[]): Record<string, string> {
  const named = command.arguments.filter((argument) => argument.rest === undefined);
  const required = named.filter((argument) => argument.optional === undefined);
  const missing = required[positionals.length];
  if (missing !== undefined) {
    throw usageError(`gantry ${command.name} needs ${missing.name} (${missing.help})`, `write ${usageLine(command)}`);
  }
  const extra = positionals[named.length];
  if (extra !== undefined) {
    throw usageError(`gantry ${command.name} takes no "${extra}"`, `write ${usageLine(command)}`);
  }
  return Object.fromEntries(positionals.map((value, index) => [(named[index] as ArgumentSpec).name, value]));
}

/** `gantry run logs APP [RUN] [STEP] [--follow]`. */
export function usageLine(command: Command): string {
  const words = command.arguments.filter(({ rest }) => rest === undefined).map(argumentWord);
  const last = command.arguments.filter(({ rest }) => rest === true).map(({ name }) => `[-- ${name}...]`);
  const options = Object.entries(command.options).map(([name, { value, many }]) =>
    value === undefined ? `[--${name}]` : `[--${name} ${value}]${many === true ? '...' : ''}`,
  );
  return ['gantry', command.name, ...words, ...options, ...last].join(' ');
}

const argumentWord = ({ name, optional }: ArgumentSpec): string => (optional ? `[${name}]` : name);
