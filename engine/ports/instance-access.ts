import { GantryError } from '../model/errors';

/**
 * Looks into instances: their output, and commands in them. Fulfilled by whoever reaches the cluster.
 *
 * Contract: only instances of this installation are touched. Letting go of a command (`drop`) does not end it: `sweep`
 * does, and whatever it has started itself. It is called after each session, may be repeated, and may be called by
 * another runner than the one that is gone.
 */
export interface InstanceAccess {
  /**
   * What the instance writes, from its own beginning or from where the request says; with `follow` until it ends. It
   * also ends, without an error, when the signal aborts.
   * @throws GantryError `instance-gone`.
   */
  output(name: string, request: OutputRequest, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  /**
   * A command that the instance does not have says so in its output, and ends with 126 or 127, as in a shell.
   * @throws GantryError `instance-gone`, `instance-ended`.
   */
  start(name: string, request: CommandRequest, session: string): Promise<InstanceCommand>;
  /** Ends what a session has left running in the instance. Nothing when there is none. */
  sweep(name: string, session: string): Promise<void>;
}

export interface OutputRequest {
  follow: boolean;
  /** Only what was written since then, ms UTC; null: everything that is kept. */
  since: number | null;
  /** At most so many lines of the past. */
  tail: number;
}

export interface CommandRequest {
  /** Empty: a shell. */
  command: string[];
  /** With a terminal: one stream, echo, line editing, window size. */
  terminal: { columns: number; rows: number } | null;
}

export interface InstanceCommand {
  /** Ends with the command, or when it is dropped. */
  readonly output: AsyncIterable<{ type: 'output' | 'errors'; bytes: Buffer }>;
  /** To the command. */
  readonly input: NodeJS.WritableStream;
  resize(columns: number, rows: number): Promise<void>;
  /** Once the output has ended; null when it cannot be known. */
  exitCode(): Promise<number | null>;
  /** Stops reading and writing. */
  drop(): void;
}

export const instanceGone = (name: string): GantryError =>
  new GantryError('conflict', 'instance-gone', `${name} is gone`, 'see what stands: gantry instance list');

export const instanceEnded = (name: string, exitCode: number | null): GantryError =>
  new GantryError(
    'conflict',
    'instance-ended',
    `${name} does not run any more${exitCode === null ? '' : ` (exit code ${exitCode})`}, so no command can run in it`,
    'read what it wrote: gantry logs',
  );
