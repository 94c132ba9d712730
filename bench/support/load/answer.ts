/** An HTTP/1.1 answer with a length, as far as it was read. */
export interface Answer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

interface Head {
  status: number;
  headers: Map<string, string>;
  /** Where the body begins. */
  end: number;
  /** Of the body, in bytes. */
  length: number;
}

export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** More than any head here. */
const HEAD_MAX = 16_384;

/**
 * Reads one answer from the pieces that arrive on a connection. Deliberately strict: an answer without
 * `Content-Length`, or with a byte more than it says, is an error, so that nothing broken can count as served.
 */
export class AnswerReader {
  private text = '';
  private head: Head | undefined;

  /** Undefined while more must come. @throws AnswerError */
  add(piece: Buffer): Answer | undefined {
    this.text += piece.toString('latin1');
    this.head ??= parseHead(this.text);
    if (this.head === undefined) return undefined;
    const { status, headers, end, length } = this.head;
    const have = this.text.length - end;
    if (have > length) throw new AnswerError(`${have - length} bytes more than Content-Length says`);
    return have === length ? { status, headers, body: this.text.slice(end) } : undefined;
  }

  /** What to say when the connection ended now. */
  get progress(): string {
    if (this.text === '') return 'before the answer';
    if (this.head === undefined) return 'within the head';
    return `after ${this.text.length - this.head.end} of ${this.head.length} bytes of the body`;
  }
}

function parseHead(text: string): Head | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) {
    if (text.length > HEAD_MAX) throw new AnswerError('the head has no end');
    return undefined;
  }
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new AnswerError(`no HTTP/1.1 answer: "${first.slice(0, 60)}"`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = headers.get('content-length');
  if (length === undefined || !/^\d+$/.test(length)) {
    throw new AnswerError(`status ${status} without Content-Length`);
  }
  return { status, headers, end: end + 4, length: Number(length) };
}
