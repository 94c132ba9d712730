import { connect, type Socket } from 'node:net';
import { type Answer, AnswerError, AnswerReader } from './answer';

/** No answer within this time is a failure. */
const TIMEOUT_MS = 5_000;

/** What became of one request. Times are of the machine's monotonic clock, ms: the same in all processes. */
export type Asked =
  | { ok: true; answer: Answer; sentAt: number; firstByteAt: number }
  | { ok: false; kind: 'timeout' | 'connection' | 'cut' | 'malformed'; reason: string };

export const monotonicNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * One connection that asks one thing at a time. Nothing is ever asked twice: whatever goes wrong is told to the caller.
 * After a failure, or when the server closes with its answer, the next request opens a new connection.
 */
export class Connection {
  private socket: Socket | undefined;

  constructor(
    private readonly target: { host: string; port: number },
    private readonly keepAlive: boolean,
  ) {}

  ask(path: string, host: string): Promise<Asked> {
    const connection = this.keepAlive ? 'keep-alive' : 'close';
    return this.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\n\r\n`);
  }

  /** @param request a whole one, head and body */
  send(request: string | Buffer): Promise<Asked> {
    const sentAt = monotonicNow();
    const socket = this.socket ?? this.open();
    return new Promise((resolve) => {
      const reader = new AnswerReader();
      let firstByteAt = 0;
      const finish = (asked: Asked, reusable: boolean): void => {
        socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('timeout');
        socket.setTimeout(0);
        if (reusable) this.keep(socket);
        else this.drop(socket);
        resolve(asked);
      };
      const fail = (kind: 'timeout' | 'connection' | 'cut' | 'malformed', reason: string): void =>
        finish({ ok: false, kind, reason }, false);
      let trouble = '';
      socket.setTimeout(TIMEOUT_MS, () => fail('timeout', `no answer within ${TIMEOUT_MS} ms (${reader.progress})`));
      socket.removeAllListeners('error').on('error', (error) => {
        trouble = error.message;
      });
      socket.on('close', () => {
        const kind = firstByteAt === 0 ? 'connection' : 'cut';
        fail(kind, `${trouble || 'closed by the gateway'} (${reader.progress})`);
      });
      socket.on('data', (piece: Buffer) => {
        if (firstByteAt === 0) firstByteAt = monotonicNow();
        try {
          const answer = reader.add(piece);
          if (answer === undefined) return;
          const stays = this.keepAlive && answer.headers.get('connection')?.toLowerCase() !== 'close';
          finish({ ok: true, answer, sentAt, firstByteAt }, stays);
        } catch (error) {
          if (!(error instanceof AnswerError)) throw error;
          fail('malformed', error.message);
        }
      });
      socket.write(request);
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect({ ...this.target, noDelay: true });
    this.socket = socket;
    return socket;
  }

  /** An idle connection that the server closes is no failure: nothing was asked on it. */
  private keep(socket: Socket): void {
    socket.once('close', () => {
      if (this.socket === socket) this.socket = undefined;
    });
  }

  private drop(socket: Socket): void {
    if (this.socket === socket) this.socket = undefined;
    socket.on('error', () => undefined);
    socket.destroy();
  }
}
