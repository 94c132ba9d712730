import type { Output } from '../output';

/** Nobody waits longer than this for a sign of life. */
const QUIET_MS = 4_000;
const LOOK_MS = 250;
const SPINNER = '|/-\\';

/** Tells what happens, one line each, with the seconds since the beginning before it. */
export class Storyteller {
  private readonly began = Date.now();
  private readonly doing = new Map<string, { what: string; since: number }>();
  private last = Date.now();
  private turn = 0;
  private readonly timer = setInterval(() => this.beat(), LOOK_MS);

  constructor(private readonly out: Output) {
    this.timer.unref();
  }

  /** Milliseconds since the beginning. */
  get ms(): number {
    return Date.now() - this.began;
  }

  tell(text: string): void {
    this.last = Date.now();
    const [first = '', ...more] = text.split('\n');
    this.out.line(`${this.stamp()}  ${first}`);
    for (const line of more) this.out.line(`${' '.repeat(STAMP)}  ${line}`);
  }

  /** A line as it is, for those who read it by program. */
  plain(text: string): void {
    this.last = Date.now();
    this.out.line(text);
  }

  /** A heading, between two parts of the story. */
  part(text: string): void {
    this.out.line('');
    this.tell(this.out.paint('bold', text));
  }

  /** What goes on now under this name; undefined when it is over. Shown while nothing else happens. */
  now(name: string, what: string | undefined): void {
    if (what === undefined) this.doing.delete(name);
    else if (this.doing.get(name)?.what !== what) this.doing.set(name, { what, since: Date.now() });
  }

  end(): void {
    clearInterval(this.timer);
    this.out.clearProgress();
  }

  private beat(): void {
    const going = [...this.doing].map(([name, { what, since }]) => `${name}: ${what}, ${secondsSince(since)} s`);
    const text = going.length === 0 ? 'at work' : going.join('; ');
    if (this.out.terminal) {
      this.turn += 1;
      this.out.progress(`${this.stamp()}  ${SPINNER[this.turn % SPINNER.length]} ${text}`);
    } else if (Date.now() - this.last >= QUIET_MS) this.tell(`... ${text}`);
  }

  private stamp(): string {
    return `${(this.ms / 1000).toFixed(1)} s`.padStart(STAMP);
  }
}

const STAMP = 8;
const secondsSince = (at: number): number => Math.round((Date.now() - at) / 1000);
