import { createInterface } from 'node:readline/promises';
import type { CliSettings } from '../settings';
import { findAddress } from './api/address';
import { Client } from './api/client';
import type { Terminal } from './api/shell';
import type { Command, Context, Outcome } from './command';
import { wantedAt } from './completion/complete';
import { candidatesFor } from './completion/values';
import { type CommandError, EXIT, type ExitCode, toCommandError, usageError } from './errors';
import { commandHelp } from './help';
import type { Input } from './input';
import { Output } from './output';
import { commandTable } from './table';
import { ownWords, readWords } from './words';

/** What the command line has around it; tests bring their own. */
export interface Surroundings extends Terminal {
  /** Read once, when the words are known to be an attempt at a command. */
  settings(): CliSettings;
  folder: string;
}

/** Runs one command line. Never throws: whatever goes wrong is told on stderr. @returns the exit status */
export async function runCommandLine(words: readonly string[], around: Surroundings): Promise<number> {
  if (words[0] === COMPLETE) return completeWords(words.slice(1), around);
  const json = ownWords(words).includes('--json');
  let out = new Output({ ...around, json, noColor: true });
  try {
    const settings = readSettings(around);
    out = new Output({ ...around, json, noColor: settings.noColor });
    const outcome = await runWords(words, around, settings, out);
    if (json && outcome.json !== undefined) out.document(outcome.json);
    if (!json && outcome.text !== '') out.line(outcome.text);
    return outcome.exit ?? EXIT.ok;
  } catch (thrown) {
    const error = toCommandError(thrown);
    out.note(json ? errorDocument(error) : errorLine(error));
    return error.exit;
  } finally {
    out.clearProgress();
  }
}

/** What the scripts of `gantry completion` ask for; no command, since its words are those of another one. */
const COMPLETE = '__complete';

/** Prints what may stand at the end of these words. Never fails, and never says why not. */
async function completeWords(words: readonly string[], around: Surroundings): Promise<ExitCode> {
  try {
    const settings = around.settings();
    const commands = commandTable(settings.version);
    const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
    const api = () => clientOf(settings, after('--url'), after('--token'), false);
    const found = await candidatesFor(wantedAt(words, commands), words.at(-1) ?? '', commands, api);
    if (found !== '') around.stdout.write(`${found}\n`);
  } catch {
    // A setting that is wrong is told by the command itself, not in the middle of its typing.
  }
  return EXIT.ok;
}

function clientOf(settings: CliSettings, url: string | undefined, token: string | undefined, exact: boolean): Client {
  const named = { ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { token }) };
  return new Client(findAddress(settings, named), { exact });
}

function readSettings(around: Surroundings): CliSettings {
  try {
    return around.settings();
  } catch (error) {
    throw usageError((error as Error).message, 'correct the variable, or unset it');
  }
}

async function runWords(
  words: readonly string[],
  around: Surroundings,
  settings: CliSettings,
  out: Output,
): Promise<Outcome> {
  const commands = commandTable(settings.version);
  const [first] = words;
  if (first === '--version') return { json: { version: settings.version }, text: settings.version };
  const asked = first === undefined || first === '--help' || first === '-h' ? ['help', ...words.slice(1)] : words;
  const { command, input, help } = readWords(asked, commands);
  if (help) return { json: describe(command), text: commandHelp(command) };
  return command.run(input, new CommandContext(around, settings, out, input));
}

const describe = ({ run: _run, ...data }: Command) => data;

/** What commands get; the server is looked for only when a command wants it. */
class CommandContext implements Context {
  readonly folder: string;
  readonly now = Date.now;
  readonly terminal: Terminal;
  private client: Client | undefined;

  constructor(
    private readonly around: Surroundings,
    readonly settings: CliSettings,
    readonly out: Output,
    private readonly input: Input,
  ) {
    this.folder = around.folder;
    this.terminal = around;
  }

  get api(): Client {
    this.client ??= clientOf(this.settings, this.input.option('url'), this.input.option('token'), this.out.json);
    return this.client;
  }

  async lines(): Promise<string[]> {
    const { stdin, stderr } = this.around;
    if (stdin.isTTY === true) stderr.write('Paste, a line each, then end with Ctrl-D:\n');
    const lines: string[] = [];
    for await (const line of createInterface({ input: stdin })) lines.push(line.trim());
    return lines.filter((line) => line !== '');
  }

  async bytes(): Promise<Buffer> {
    const { stdin, stderr } = this.around;
    if (stdin.isTTY === true) stderr.write('Type or paste it, then end with Ctrl-D:\n');
    const pieces: Buffer[] = [];
    for await (const piece of stdin) pieces.push(Buffer.from(piece as Uint8Array));
    return Buffer.concat(pieces);
  }

  /** Commands may take both out of the context. */
  readonly confirm = async (question: string): Promise<boolean> => {
    if (this.around.stdin.isTTY !== true)
      throw usageError('this wants a yes, and there is no terminal to ask on', 'say it with --yes');
    return /^y(es)?$/i.test((await this.ask(`${question} [y/N] `)).trim());
  };

  readonly ask = async (question: string): Promise<string> => {
    const { stdin, stderr } = this.around;
    if (stdin.isTTY !== true) throw usageError('this wants an answer, and there is no terminal to ask on');
    this.out.clearProgress();
    const reader = createInterface({ input: stdin, output: stderr as unknown as NodeJS.WritableStream });
    try {
      return await reader.question(question);
    } finally {
      reader.close();
    }
  };
}

const errorLine = ({ message, next }: CommandError): string => `gantry: ${message}${next === '' ? '' : `; ${next}`}`;

const errorDocument = ({ code, message, next }: CommandError): string =>
  JSON.stringify({ error: { code, message, next } });
