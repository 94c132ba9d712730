import { connect } from 'node:net';
import { join } from 'node:path';

const LIMIT_MS = 2_000;
/** A host of nobody: writing it changes nobody's traffic. */
const HOST = 'floor.bench.invalid';
const MAP = '/gantry/routes.map';

/**
 * The least that a switch can take: one bare map write at the same gateway, under the same load, by nobody's engine.
 *
 * @returns milliseconds from opening the admin socket to the gateway's word
 */
export async function bareMapWrite(home: string, value: string): Promise<number> {
  const socket = join(home, 'gateway', 'local', 'admin.sock');
  await say(socket, `add map ${MAP} ${HOST} -`);
  const began = performance.now();
  await say(socket, `set map ${MAP} ${HOST} ${value}`);
  const took = performance.now() - began;
  await say(socket, `del map ${MAP} ${HOST}`);
  return took;
}

function say(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let answer = '';
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`no answer to "${command}" within ${LIMIT_MS} ms`)));
    socket.once('error', reject);
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.once('close', () => resolve(answer.trim()));
    socket.write(`${command}\n`);
  });
}
