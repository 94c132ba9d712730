import { StringDecoder } from 'node:string_decoder';

/** A longer line, in characters, is passed on in pieces: a log without line ends must not be held as a whole. */
const LINE_MAX = 16_384;

/** Passes whole lines on, whatever the pieces are in which they come. */
export class LogLines {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(piece: Buffer): void {
    const lines = (this.rest + this.decoder.write(piece)).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.pass(line);
    if (this.rest.length > LINE_MAX) {
      this.pass(this.rest);
      this.rest = '';
    }
  }

  end(): void {
    const text = this.rest + this.decoder.end();
    if (text !== '') this.pass(text);
  }

  private pass(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LINE_MAX) this.onLine(line.slice(at, at + LINE_MAX));
  }
}
