import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { callHook, pushBody } from '../../cli/demo/forge';
import { runProgram } from '../../cli/demo/programs';
import { Repository } from '../../cli/demo/repository';
import { checkoutFolder } from '../../settings';
import type { RawHook } from '../../web/hooks/forge';
import { github } from '../../web/hooks/github';

const COMMIT = 'a'.repeat(40);
const never = new AbortController().signal;
const environment = { PATH: '/usr/bin:/bin' };

describe('the forge of the demo', () => {
  it('calls as GitHub does, with a signature that holds for its secret only', async () => {
    const body = pushBody({ settings: { root: checkoutFolder() } }, COMMIT);
    const { hook, answer } = await called(body, 'the secret');
    expect(answer).to.deep.equal({ status: 202, said: { outcome: 'pending' } });
    expect(github.isSigned(hook, 'the secret', 0)).to.equal(true);
    expect(github.isSigned(hook, 'another one', 0)).to.equal(false);
    expect(github.deliveryId(hook)).to.equal('delivery-1');
    const moves = [{ ref: 'refs/heads/main', after: COMMIT }];
    expect(github.event(hook)).to.deep.equal({
      kind: 'moved',
      name: 'push',
      moves,
      sender: { kind: 'github', name: 'zoe' },
    });
  });
});

describe('a program that is told something', () => {
  const shell = (script: string) => ({ command: 'sh', args: ['-c', script], environment, folder: tmpdir() });

  it('reads it, and then the end', async () => {
    expect((await runProgram(shell('cat'), 'cat', never, 'a secret\n')).stdout).to.equal('a secret\n');
    expect((await runProgram(shell('cat'), 'cat', never)).stdout).to.equal('');
  });

  it('may end before it has read it', async () => {
    const ended = await runProgram(shell('exit 3'), 'exit', never, 'x'.repeat(4 * 1024 * 1024));
    expect(ended.status).to.equal(3);
  });
});

describe('a repository of the demo', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gantry-demo-test-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('can be cloned to a forge, and pushed there past Gantry', async () => {
    const forge = join(home, 'forge.git');
    const repository = new Repository(join(home, 'app'), { environment, stop: never });
    await repository.prepare('http://127.0.0.1:1/git/app.git', 'token');
    await repository.commit('one');
    await repository.cloneTo(forge);
    const first = await repository.head();
    await repository.commit('two');
    await repository.pushTo(forge);
    const second = await repository.head();
    const args = ['-C', forge, 'log', '--format=%H', 'refs/heads/main'];
    const log = await runProgram({ command: 'git', args, environment, folder: home }, 'git log', never);
    expect(log.stdout.trim().split('\n')).to.deep.equal([second, first]);
  });
});

/** What a server got from the one call that is made, and what the caller got from it. */
async function called(
  body: string,
  secret: string,
): Promise<{ hook: RawHook; answer: Awaited<ReturnType<typeof callHook>> }> {
  let hook: RawHook | undefined;
  const server = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      hook = { headers: request.headers, body: Buffer.concat(pieces) };
      response.writeHead(202, { connection: 'close' }).end('{"outcome":"pending"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/ledger/github`;
    const answer = await callHook({ address, delivery: 'delivery-1', secret }, body, never);
    if (hook === undefined) throw new Error('the server got no call');
    return { hook, answer };
  } finally {
    server.close();
  }
}
