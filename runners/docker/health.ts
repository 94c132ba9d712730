import { request } from 'node:http';
import { messageOf } from '../../engine/model/errors';

/** How long one question may take; an app that needs longer for its health is not healthy. */
export const ASK_TIMEOUT_MS = 1_000;

export interface HealthAnswer {
  /** Undefined when there was no answer. */
  status: number | undefined;
  /** In a few words: `503 Service Unavailable`, `connection refused`. */
  words: string;
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ETIMEDOUT: 'no connection',
};

/** Asks once, on a connection of its own. Never throws: every end is an answer. */
export function askHealth(address: string, port: number, path: string, signal: AbortSignal): Promise<HealthAnswer> {
  return new Promise((resolve) => {
    const limit = AbortSignal.timeout(ASK_TIMEOUT_MS);
    const call = request(
      { host: address, port, path, agent: false, signal: AbortSignal.any([signal, limit]) },
      (answer) => {
        answer.on('error', () => answer.destroy()).resume();
        resolve({ status: answer.statusCode, words: `${answer.statusCode} ${answer.statusMessage ?? ''}`.trim() });
      },
    );
    call.on('error', (error: NodeJS.ErrnoException) => {
      const late = limit.aborted ? `no answer within ${ASK_TIMEOUT_MS} ms` : undefined;
      resolve({ status: undefined, words: late ?? REASONS[error.code ?? ''] ?? messageOf(error) });
    });
    call.end();
  });
}

/** Before it listens a process hears nothing of the questions, so they may come often: nobody waits for nothing. */
const SILENT_ASK_MS = 10;
/** So many of them, some ten seconds, then they get rarer: what takes that long is not hurried. */
const SILENT_ASKS = 800;
const FIRST_ASK_MS = 100;
const SLOWEST_ASK_MS = 1_000;
const ASK_GROWTH = 1.2;

/** How long to wait before an instance is asked for its health again. */
export class AskPace {
  private silent = 0;
  private next = FIRST_ASK_MS;

  /** Milliseconds after this answer. An app that does answer is asked less and less often. */
  after(answer: HealthAnswer): number {
    if (answer.status === undefined && this.silent++ < SILENT_ASKS) return SILENT_ASK_MS;
    const pause = this.next;
    this.next = Math.min(pause * ASK_GROWTH, SLOWEST_ASK_MS);
    return pause;
  }
}
