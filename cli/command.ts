import type { CliSettings } from '../settings';
import type { Client } from './api/client';
import type { Terminal } from './api/shell';
import type { Input } from './input';
import type { Output } from './output';

/** One command, as data: the parser, the help and the manual are all made from it. */
export interface Command {
  /** One or two words: `run list`. */
  name: string;
  /** One line, a sentence without its subject: `lists the runs of an app`. */
  summary: string;
  arguments: readonly ArgumentSpec[];
  options: Readonly<Record<string, OptionSpec>>;
  /** What the summary does not say; shown by `gantry help NAME` and in the manual. */
  details?: string;
  examples?: readonly string[];
  run(input: Input, context: Context): Promise<Outcome>;
}

export interface ArgumentSpec {
  /** As shown: `APP`. */
  name: string;
  optional?: true;
  /** Everything after `--`, as it stands. Only the last one. */
  rest?: true;
  help: string;
}

export interface OptionSpec {
  /** The value as shown: `PORT`. An option without it is a switch. */
  value?: string;
  /** It may be given several times; `Input.all` has every value. */
  many?: true;
  /** One letter. */
  short?: string;
  help: string;
}

/** What a command hands back: printed as text, or with `--json` as the one document on stdout. */
export interface Outcome {
  json: unknown;
  /** May be empty, when the command said everything while it ran. */
  text: string;
  /** One of `EXIT`; a command that runs another one hands on what that said. */
  exit?: number;
}

export interface Context {
  settings: CliSettings;
  out: Output;
  /** The folder in which the command was called. */
  folder: string;
  /** The server of this folder, or the one that was named. */
  api: Client;
  terminal: Terminal;
  /** Asks a person, yes or no. @throws CommandError when there is no terminal to ask on. */
  confirm(question: string): Promise<boolean>;
  /** Asks a person for a line. @throws CommandError when there is no terminal to ask on. */
  ask(question: string): Promise<string>;
  /** The lines of standard input, for what must not stand in a command: tokens, secrets. */
  lines(): Promise<string[]>;
  /** All of standard input, as it comes. */
  bytes(): Promise<Buffer>;
  /** Milliseconds since 1970, UTC. */
  now(): number;
}
