/** Exit codes of every command; the manual lists them. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** The server refused it, or it did not end well. */
  failed: 1,
  /** The command was used in a wrong way; nothing was done. */
  usage: 2,
  /** Gantry does not answer. */
  silent: 3,
  /** Not allowed: no token, a wrong one, or one without this right. */
  denied: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command. `message` names the thing and the reason, `next` what to do about it (may be empty). */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly exit: ExitCode,
    /** Stable, for programs: `port-in-use`. */
    readonly code: string,
    message: string,
    readonly next = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The caller used the command in a wrong way. */
export const usageError = (message: string, next = ''): CommandError =>
  new CommandError(EXIT.usage, 'usage', message, next);

/** What was asked for did not happen. */
export const failure = (code: string, message: string, next = '', options?: ErrorOptions): CommandError =>
  new CommandError(EXIT.failed, code, message, next, options);

/** Whatever was thrown, as an error of a command. An error that nobody foresaw keeps its own words. */
export function toCommandError(thrown: unknown): CommandError {
  if (thrown instanceof CommandError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CommandError(EXIT.failed, 'unexpected', message, '', { cause: thrown });
}

/** `no such file` and the like: the code that Node gives to errors of the system. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? '';
