import { StringDecoder } from 'node:string_decoder';

/** Passes whole lines on, whatever the pieces are in which they come. */
export class LogLines {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(piece: Buffer): void {
    const lines = (this.rest + this.decoder.write(piece)).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.onLine(line);
  }

  end(): void {
    const text = this.rest + this.decoder.end();
    if (text !== '') this.onLine(text);
  }
}
