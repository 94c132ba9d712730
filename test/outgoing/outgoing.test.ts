import { rejects } from 'node:assert';
import { promises as dns } from 'node:dns';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import dns2 from 'dns2';
import { ensureOwnTls } from '../../cli/tls/own';
import { ownTlsFiles } from '../../front-settings';
import { createOutgoing, type Outgoing, type OutgoingOptions } from '../../outgoing/outgoing';

const LOOPBACK = ['127.0.0.0/8'];

describe('the guard of outgoing calls', () => {
  const undo: (() => Promise<unknown>)[] = [];
  const guard = (options: Partial<OutgoingOptions> = {}): Outgoing => {
    const made = createOutgoing({ allow: LOOPBACK, ...options });
    undo.push(() => made.close());
    return made;
  };
  const listen = async (server: Server, host = '127.0.0.1', port = 0): Promise<number> => {
    await new Promise<void>((ready) => server.listen(port, host, ready));
    undo.push(() => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    });
    return (server.address() as AddressInfo).port;
  };
  const serve = (answer: RequestListener, host?: string, port?: number) => listen(createServer(answer), host, port);
  afterEach(async () => {
    for (const act of undo.splice(0).reverse()) await act();
  });

  it('carries a call to an address of the allow-list', async () => {
    const port = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('x-seen', `${request.method} ${request.headers['x-given']}`);
        response.end(Buffer.concat(chunks));
      });
    });
    const answer = await guard().fetch(`http://127.0.0.1:${port}/in`, {
      method: 'POST',
      headers: { 'x-given': 'a' },
      body: 'hello',
    });
    expect([answer.status, answer.headers['x-seen'], answer.body.toString()]).to.eql([200, 'POST a', 'hello']);
  });

  it('carries a call to an IPv6 address', async () => {
    const port = await serve((_request, response) => response.end('six'), '::1');
    const answer = await guard({ allow: ['::1/128'] }).fetch(`http://[::1]:${port}/`, { timeoutMs: 5_000 });
    expect(answer.body.toString()).to.equal('six');
  });

  it('refuses this machine when nobody listed it, and says who may [S16]', async () => {
    let met = 0;
    const port = await serve((_request, response) => response.end(String(met++)));
    const none = guard({ allow: [] });
    const error = await none
      .fetch(`http://127.0.0.1:${port}/`)
      .then(fail, (thrown: Error & { next: string }) => thrown);
    expect(error.message).to.equal('127.0.0.1 is this machine itself: not called');
    expect(error.next).to.contain('GANTRY_OUTGOING_ALLOW=127.0.0.1');
    await rejects(none.fetch(`http://localhost:${port}/`), /leads to .*this machine itself/);
    await rejects(none.fetch(`http://2130706433:${port}/`), /this machine itself/);
    expect(met).to.equal(0);
  });

  it('never connects to an address that a name server swaps in [S16]', async () => {
    let met = 0;
    let trapped = 0;
    const good = await serve((_request, response) => {
      met++;
      response.setHeader('connection', 'close').end('good');
    }, '127.0.0.2');
    await serve((_request, response) => response.end(String(trapped++)), '127.0.0.1', good);
    const names = await flippingNames(undo, ['127.0.0.2', '127.0.0.1']);
    const outgoing = guard({ allow: ['127.0.0.2'], resolver: (host) => names.resolve4(host) });
    const calls = Array.from({ length: 40 }, () => outgoing.fetch(`http://flips.example:${good}/`));
    const ended = await Promise.allSettled(calls);
    expect(trapped).to.equal(0);
    expect(met).to.be.greaterThan(0);
    const refused = ended.filter(({ status }) => status === 'rejected');
    expect(refused.length).to.be.greaterThan(0);
    for (const { reason } of refused as PromiseRejectedResult[]) expect(reason.code).to.equal('outgoing-refused');
  });

  it('calls only the good ones of several addresses', async () => {
    const port = await serve((_request, response) => response.end('good'), '127.0.0.2');
    const outgoing = guard({ allow: ['127.0.0.2'], resolver: async () => ['127.0.0.1', '127.0.0.2'] });
    expect((await outgoing.fetch(`http://both.example:${port}/`)).body.toString()).to.equal('good');
  });

  it('follows no redirect [S16]', async () => {
    let trapped = 0;
    const trap = await serve((_request, response) => response.end(String(trapped++)));
    const port = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${trap}/` }).end(),
    );
    const answer = await guard().fetch(`http://127.0.0.1:${port}/`);
    expect([answer.status, trapped]).to.eql([302, 0]);
  });

  it('ends at its time limit, also in the middle of a body', async () => {
    const silent = await serve(() => undefined);
    const slow = await serve((_request, response) => void response.write('a'));
    for (const port of [silent, slow]) {
      const called = guard().fetch(`http://127.0.0.1:${port}/`, { timeoutMs: 100 });
      await rejects(called, { code: 'outgoing-timeout', message: '127.0.0.1 did not answer within 0.1 s' });
    }
  });

  it('reads no more of an answer than it may', async () => {
    const port = await serve((_request, response) => response.end(Buffer.alloc(100_000)));
    const url = `http://127.0.0.1:${port}/`;
    await rejects(guard().fetch(url, { maxBytes: 99_999 }), { code: 'outgoing-too-large' });
    expect((await guard().fetch(url, { maxBytes: 100_000 })).body).to.have.length(100_000);
  });

  it('calls nobody without encryption who is not on the allow-list', async () => {
    const outgoing = guard({ resolver: async () => ['93.184.215.14'] });
    await rejects(outgoing.fetch('http://public.example/'), /public\.example is called without encryption/);
  });

  it('repeats nothing of an address in its errors', async () => {
    const outgoing = guard({ allow: [] });
    for (const url of [
      'ftp://a/s3cret',
      'https://u:s3cret@a/',
      'http://127.0.0.1/s3cret',
      's3cret',
      'https://127.1/?s3cret',
    ]) {
      const error = await outgoing.fetch(url).then(fail, (thrown: Error & { next: string }) => thrown);
      expect(`${error.message} ${error.next}`).not.to.contain('s3cret');
    }
  });

  it('says which name is not known', async () => {
    const resolver = async () => Promise.reject(new Error('ENOTFOUND'));
    await rejects(guard({ resolver }).fetch('https://nobody.example/'), /no address is known for nobody\.example/);
  });

  describe('with certificates', () => {
    let folder = '';
    let port = 0;
    before(async function () {
      this.timeout(30_000);
      folder = await mkdtemp(join(tmpdir(), 'gantry-outgoing-'));
      await ensureOwnTls(ownTlsFiles(folder), ['hooks.example'], Date.now());
    });
    beforeEach(async () => {
      const { certificate, key } = ownTlsFiles(folder);
      const pair = { cert: await readFile(certificate), key: await readFile(key) };
      port = await listen(createTlsServer(pair, (_request, response) => response.end('sealed')) as unknown as Server);
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const caBundle = () => join(folder, 'tls', 'ca.pem');
    const resolver = async () => ['127.0.0.1'];

    it('checks the certificate by the name that was typed, not by the address it calls', async () => {
      const answer = await guard({ caBundle: caBundle(), resolver }).fetch(`https://hooks.example:${port}/`);
      expect(answer.body.toString()).to.equal('sealed');
      const other = guard({ caBundle: caBundle(), resolver }).fetch(`https://other.example:${port}/`);
      await rejects(other, /other\.example could not be called: .*does not match certificate/);
    });

    it('believes no authority that it was not told of', async () => {
      await rejects(guard({ resolver }).fetch(`https://hooks.example:${port}/`), { code: 'outgoing-failed' });
    });

    it('goes through the proxy of the site, except to its own addresses', async () => {
      const wanted: string[] = [];
      const server = createServer((_request, response) => response.end('direct'));
      server.on('connect', (request, socket) => {
        wanted.push(request.url ?? '');
        const onward = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        for (const one of [socket, onward]) one.on('error', () => [socket, onward].map((each) => each.destroy()));
      });
      const proxy = await listen(server);
      const outgoing = guard({
        caBundle: caBundle(),
        proxy: `http://127.0.0.1:${proxy}`,
        resolver: async (host) => (host === 'evil.example' ? ['10.0.0.1'] : Promise.reject(new Error('unknown here'))),
      });
      const answer = await outgoing.fetch('https://hooks.example/');
      expect([answer.body.toString(), wanted]).to.eql(['sealed', ['hooks.example:443']]);
      await rejects(outgoing.fetch('https://evil.example/'), { code: 'outgoing-refused' });
      expect((await outgoing.fetch(`http://127.0.0.1:${proxy}/`)).body.toString()).to.equal('direct');
      expect(wanted).to.have.length(1);
    });
  });
});

const fail = (): never => {
  throw new Error('it was called');
};

/** A name server whose answer is another one each time. */
async function flippingNames(undo: (() => Promise<unknown>)[], addresses: string[]): Promise<dns.Resolver> {
  let asked = 0;
  const server = dns2.createServer({
    udp: true,
    handle: (request, send) => {
      const answer = dns2.Packet.createResponseFromRequest(request);
      const address = addresses[asked++ % addresses.length] ?? '';
      answer.answers.push(
        dns2.Packet.createResourceFromQuestion(request.questions[0] as dns2.Packet.Question, { ttl: 0, address }),
      );
      void send(answer);
    },
  });
  const bound = await server.listen({ udp: { port: 0, address: '127.0.0.1' } });
  undo.push(async () => server.close());
  const resolver = new dns.Resolver();
  resolver.setServers([`127.0.0.1:${(bound.udp as AddressInfo).port}`]);
  return resolver;
}
