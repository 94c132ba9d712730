/** Receives the last line that a build printed; prints it at a bearable pace. */
export interface Progress {
  line(text: string): void;
  /** Prints a line of its own at once. */
  say(text: string): void;
  stop(): void;
}

/** A person must see a sign of life at least every 5 s. */
const HEARTBEAT_MS = 3_000;
const LONGEST_LINE = 110;

/** Prints `base tomcat: 14 s: Setting up tomcat10` at the start of the work, and then again every 3 s. */
export function startProgress(name: string, onLine: (line: string) => void): Progress {
  const begun = performance.now();
  const print = (text: string): void => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    onLine(`base ${name}: ${seconds} s: ${text.slice(0, LONGEST_LINE)}`);
  };
  let last = 'starting';
  const heartbeat = setInterval(() => print(last), HEARTBEAT_MS);
  return {
    line(text) {
      last = text;
    },
    say(text) {
      last = text;
      print(text);
    },
    stop() {
      clearInterval(heartbeat);
    },
  };
}
