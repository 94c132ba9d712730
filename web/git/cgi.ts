import type { Readable } from 'node:stream';
import { GantryError } from '../../engine/model/errors';

export interface CgiHead {
  status: number;
  headers: [string, string][];
}

/** More than any head of `git http-backend`. */
const HEAD_MAX = 16_384;

/** Reads the head of a CGI answer and leaves the stream at the first byte of the body. */
export function readCgiHead(stream: Readable): Promise<CgiHead> {
  return new Promise((resolve, reject) => {
    let text = Buffer.alloc(0);
    const onReadable = () => {
      for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
        text = Buffer.concat([text, chunk]);
        const end = endOfHead(text);
        if (end !== undefined) {
          stop();
          stream.unshift(text.subarray(end.body));
          resolve(parseHead(text.subarray(0, end.head).toString('latin1')));
          return;
        }
        if (text.length > HEAD_MAX) {
          stop();
          reject(new GantryError('unavailable', 'git-failed', 'git http-backend sent no head', 'see gantry doctor'));
          return;
        }
      }
    };
    const stop = () => stream.off('readable', onReadable);
    stream.on('readable', onReadable);
  });
}

function endOfHead(text: Buffer): { head: number; body: number } | undefined {
  const crlf = text.indexOf('\r\n\r\n');
  if (crlf >= 0) return { head: crlf, body: crlf + 4 };
  const lf = text.indexOf('\n\n');
  return lf >= 0 ? { head: lf, body: lf + 2 } : undefined;
}

function parseHead(text: string): CgiHead {
  const headers = text
    .split(/\r?\n/)
    .map((line) => /^([\w-]+):\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match): [string, string] => [match[1] ?? '', match[2] ?? '']);
  const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
  return {
    status: Number.parseInt(status, 10) || 500,
    headers: headers.filter(([name]) => !['status', 'cache-control'].includes(name.toLowerCase())),
  };
}
