import { request } from 'node:http';
import { StepFailure } from '../../engine/model/errors';
import type { Gateway } from '../../engine/ports/gateway';
import type { Prober } from '../../engine/ports/prober';

/** Bytes of an answer that a check reads at most. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** Asks through the gateway's own address, with the environment's host name. */
export function httpProber(gateway: Gateway): Prober {
  return {
    get: async ({ host, path, headers, timeoutMs }) => {
      const address = await gateway.address();
      if (address === undefined) throw new StepFailure('world', 'the gateway does not answer', 'see: gantry doctor');
      return ask({ ...address, path, headers: { ...headers, host }, timeoutMs });
    },
  };
}

function ask(what: {
  host: string;
  port: number;
  path: string;
  headers: Record<string, string>;
  timeoutMs: number;
}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new StepFailure('user', `nothing answered: ${error.message}`));
    const call = request(
      { host: what.host, port: what.port, path: what.path, headers: what.headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
        });
        answer.on('error', fail);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    call.setTimeout(what.timeoutMs, () => call.destroy(new Error(`no answer within ${what.timeoutMs} ms`)));
    call.on('error', fail);
    call.end();
  });
}
