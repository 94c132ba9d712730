import type { Command, OptionSpec } from '../command';
import { LAUNCHER_COMMANDS } from '../help';
import { COMMON_OPTIONS } from '../words';

/** One word that may stand where the cursor is. */
export interface Candidate {
  value: string;
  /** Shown beside it by shells that can; may be empty. */
  about: string;
}

/** What is to be completed: words that are known here, the name of a kind of value, or a file. */
export type Wanted =
  | { kind: 'words'; words: Candidate[] }
  /** `APP`, `RUN`, `STEP`: as in the table of commands; `given` has the arguments before it by their names. */
  | { kind: 'value'; name: string; given: Readonly<Record<string, string>> };

/**
 * What may stand at the end of these words, of which the last is being typed. Pure: the table of commands says it all.
 * @param words without the program's own name; the last one may be empty
 */
export function wantedAt(words: readonly string[], commands: readonly Command[]): Wanted {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { command, rest } = commandIn(before, commands);
  const options = { ...command?.options, ...COMMON_OPTIONS };
  const given = argumentsIn(rest, command, options);
  const open = valueAfter(before.at(-1), options);
  if (open !== undefined) return { kind: 'value', name: open, given };
  if (typed.startsWith('-')) return { kind: 'words', words: optionWords(options, before) };
  if (command === undefined) return { kind: 'words', words: commandWords(rest, commands) };
  const next = command.arguments[Object.keys(given).length];
  return next === undefined ? { kind: 'words', words: [] } : { kind: 'value', name: next.name, given };
}

/** The command that the words begin with, and the words after it; options before it are left out. */
function commandIn(words: readonly string[], commands: readonly Command[]): { command?: Command; rest: string[] } {
  const rest = withoutOptions(words, COMMON_OPTIONS);
  for (const length of [2, 1]) {
    const command = commands.find(({ name }) => name === rest.slice(0, length).join(' '));
    if (command === undefined) continue;
    // The options of the command are known only now, and so is which words are their values.
    return { command, rest: withoutOptions(words, { ...command.options, ...COMMON_OPTIONS }).slice(length) };
  }
  return { rest };
}

type Options = Readonly<Record<string, OptionSpec>>;

function withoutOptions(words: readonly string[], options: Options): string[] {
  return words.filter((word, at) => !word.startsWith('-') && valueAfter(words[at - 1], options) === undefined);
}

/** The value that this word waits for: `--step` waits for a `STEP`. */
function valueAfter(word: string | undefined, options: Options): string | undefined {
  const found = Object.entries(options).find(([name, { short }]) => word === `--${name}` || word === `-${short}`);
  return found?.[1].value;
}

/** By the names in the table. */
function argumentsIn(
  values: readonly string[],
  command: Command | undefined,
  options: Options,
): Record<string, string> {
  const names = (command?.arguments ?? []).map(({ name }) => name);
  return Object.fromEntries(withoutOptions(values, options).map((value, at) => [names[at] ?? `MORE${at}`, value]));
}

/** Those that were not said yet. */
const optionWords = (options: Options, before: readonly string[]): Candidate[] =>
  Object.entries(options)
    .map(([name, { help }]) => ({ value: `--${name}`, about: help }))
    .filter(({ value }) => !before.includes(value));

/** First words of commands, or second words of those that begin with this one. */
function commandWords(before: readonly string[], commands: readonly Command[]): Candidate[] {
  const [first] = before;
  if (before.length > 1) return [];
  if (first !== undefined) {
    return commands
      .filter(({ name }) => name.startsWith(`${first} `))
      .map(({ name, summary }) => ({ value: name.slice(first.length + 1), about: summary }));
  }
  const launcher = LAUNCHER_COMMANDS.map(([usage, about]) => ({ value: usage.split(' ')[0] ?? '', about }));
  const own = commands.map(({ name, summary }) => ({
    value: name.split(' ')[0] ?? '',
    about: name.includes(' ') ? '' : summary,
  }));
  return [...new Map([...launcher, ...own].map((candidate) => [candidate.value, candidate])).values()];
}
