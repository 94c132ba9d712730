import type { OutputLine } from '../../engine/ports/bytes';
import { decodeTrace, type TraceTime, type TraceVertex } from './build-trace';
import { LineSplitter } from './output-lines';

/** What BuildKit does for itself is worth a line only when somebody had to wait for it. */
const OWN_STEP = /^(?:\[internal\]|copy \/context)/;
const WORTH_TELLING_MS = 1_000;

/** Turns BuildKit's progress into lines: a step begins, what it prints, how it ended and how long it took. */
export class BuildProgress {
  private readonly begun = new Set<string>();
  private readonly ended = new Set<string>();
  private readonly printing = new Map<string, LineSplitter>();

  constructor(private readonly onLine: (line: OutputLine) => void) {}

  read(base64: string): void {
    const { vertexes, logs } = decodeTrace(base64);
    for (const vertex of vertexes) if (vertex.started !== undefined) this.begin(vertex);
    for (const { vertex, msg } of logs) this.printed(vertex, msg);
    for (const vertex of vertexes) if (vertex.completed !== undefined) this.finish(vertex);
  }

  end(): void {
    for (const lines of this.printing.values()) lines.end();
  }

  private begin({ digest, name }: TraceVertex): void {
    if (this.begun.has(digest)) return;
    this.begun.add(digest);
    if (!OWN_STEP.test(name)) this.onLine(name);
  }

  private printed(vertex: string, bytes: Buffer): void {
    const lines = this.printing.get(vertex) ?? new LineSplitter(this.onLine);
    this.printing.set(vertex, lines);
    lines.write(bytes);
  }

  private finish(vertex: TraceVertex): void {
    if (this.ended.has(vertex.digest)) return;
    this.ended.add(vertex.digest);
    this.printing.get(vertex.digest)?.end();
    this.printing.delete(vertex.digest);
    const took = millisecondsOf(vertex.completed) - millisecondsOf(vertex.started);
    const label = /^\[[^\]]+\]/.exec(vertex.name)?.[0] ?? vertex.name.slice(0, 40);
    if (vertex.error) this.onLine(`${label} failed: ${vertex.error}`);
    else if (vertex.cached) this.onLine(`${label} CACHED`);
    else if (!OWN_STEP.test(vertex.name) || took >= WORTH_TELLING_MS) {
      this.onLine(`${label} done in ${(took / 1000).toFixed(1)} s`);
    }
  }
}

const millisecondsOf = (time: TraceTime | undefined): number =>
  time === undefined ? 0 : (time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1_000_000;
