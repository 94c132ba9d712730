type Act = () => Promise<void> | void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * What a bench made and must take away again, newest first: at its end, after an error, and on Ctrl-C. A second Ctrl-C
 * does not hurry it, since what stays behind would be containers.
 */
export class Cleanup {
  private readonly acts: Act[] = [];
  private running: Promise<string[]> | undefined;

  /** `say` tells a person that the bench was stopped and is cleaning up. */
  constructor(say: (line: string) => void) {
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (this.running !== undefined) return;
        say(`${signal}: removing what this bench made`);
        void this.run().then((failures) => {
          for (const failure of failures) say(failure);
          process.exit(signal === 'SIGINT' ? 130 : 143);
        });
      });
    }
  }

  later(act: Act): void {
    this.acts.push(act);
  }

  /** Safe to repeat. Returns a sentence for each thing that could not be removed. */
  run(): Promise<string[]> {
    this.running ??= this.all();
    return this.running;
  }

  private async all(): Promise<string[]> {
    const failures: string[] = [];
    for (let act = this.acts.pop(); act !== undefined; act = this.acts.pop()) {
      try {
        await act();
      } catch (error) {
        failures.push(`not removed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }
}
