/** The demo was stopped from outside. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  signal: AbortSignal;
  /** Ends the demo from inside, for this reason. */
  end(reason: Error): void;
  /** Everything as it was before. */
  release(): void;
}

/**
 * Turns Ctrl-C, a closed terminal or pipe, and errors that nobody caught into one abort signal, so that whoever waits
 * stops, and what was made can be removed; a second Ctrl-C does not cut that off.
 */
export function interruption(): Interruption {
  const controller = new AbortController();
  const end = (reason: Error): void => controller.abort(reason);
  const hear = (name: NodeJS.Signals): void => end(new Interrupted(`stopped by ${name}`));
  const gone = (): void => end(new Interrupted('nobody reads the output any more'));
  for (const name of SIGNALS) process.on(name, hear);
  process.on('uncaughtException', end);
  const listeners = process.stdout.listeners('error') as ((error: Error) => void)[];
  process.stdout.removeAllListeners('error').on('error', gone);
  return {
    signal: controller.signal,
    end,
    release: () => {
      for (const name of SIGNALS) process.removeListener(name, hear);
      process.removeListener('uncaughtException', end);
      process.stdout.removeListener('error', gone);
      for (const listener of listeners) process.stdout.on('error', listener);
    },
  };
}
