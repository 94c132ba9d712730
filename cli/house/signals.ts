import type { Supervisor } from './supervisor';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves when the house has been drained: after Ctrl-C, SIGTERM, a closed terminal, or when `lost` resolves. A second
 * signal ends everything at once, and this process with it.
 */
export function untilStopped(supervisor: Supervisor, say: (line: string) => void, lost: Promise<void>): Promise<void> {
  // A terminal that was closed, or a reader that went away, must not end the house before it is drained.
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
  return new Promise((resolve, reject) => {
    let draining = false;
    const drain = (how: string): void => {
      if (draining) {
        supervisor.kill();
        process.exit(1);
      }
      draining = true;
      say(`${how}: draining (again: at once)`);
      supervisor.drain().then(() => {
        for (const name of SIGNALS) process.removeListener(name, drain);
        say('stopped; apps keep serving');
        resolve();
      }, reject);
    };
    for (const name of SIGNALS) process.on(name, drain);
    void lost.then(() => drain('whoever started this is gone'));
  });
}
