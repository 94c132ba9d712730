import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { GantryError } from '../../engine/model/errors';
import { answerPlain } from '../../web/listener/plain';
import { WorkTree } from './support/git';
import { type House, makeHouse, startHouseWeb } from './support/house';
import { askSecurely, shownSerial, TestTls } from './support/tls';
import { until } from './support/until';

describe('web with a certificate', () => {
  let tls: TestTls;
  let house: House;
  let ca: Buffer;
  beforeEach(async () => {
    tls = new TestTls();
    await tls.make();
    ca = readFileSync(tls.authority);
    house = await makeHouse({}, { tls: tls.files });
  });
  afterEach(async () => {
    await house.close();
    tls.remove();
  });

  const plainUrl = () => house.web.url.replace('https:', 'http:');
  const bearer = () => ({ authorization: `Bearer ${house.token}` });

  it('speaks HTTPS, and calls itself so', async () => {
    const { status, text } = await askSecurely(`${house.web.url}/api/v1/status`, ca, { headers: bearer() });
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.include({ url: `https://127.0.0.1:${house.web.port}` });
  });

  it('sends a browser on that came by plain HTTP, and tells a token that it was readable', async () => {
    const page = await fetch(`${plainUrl()}/apps/x?a=b`, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).to.deep.equal([308, `${house.web.url}/apps/x?a=b`]);
    const shown = await fetch(`${plainUrl()}/api/v1/status`, { headers: bearer() });
    expect(shown.status).to.equal(400);
    const { error } = (await shown.json()) as { error: { code: string; message: string; next: string } };
    expect(error.code).to.equal('https-only');
    expect(error.message).to.include('token');
    expect(error.next).to.include(house.web.url);
    const sent = await fetch(`${plainUrl()}/api/v1/apps`, { method: 'POST', body: '{"name":"x"}' });
    expect(sent.status).to.equal(400);
    expect(await house.engine.apps.list()).to.deep.equal([]);
  });

  const sayPlainly = (head: string) =>
    new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(house.web.port, '127.0.0.1', () => {
        socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      });
      socket.on('data', (piece) => {
        text += piece;
      });
      socket.on('close', () => resolve(text));
    });

  it('never sends anybody to a host that is none', async () => {
    for (const head of ['GET / HTTP/1.1\r\nHost: evil.example/@x', 'GET @evil.example/ HTTP/1.1\r\nHost: gantry']) {
      expect(await sayPlainly(head), head)
        .to.match(/^HTTP\/1\.1 400 /)
        .and.not.include('evil');
    }
  });

  it('sends nobody in a circle when the public address is one of plain HTTP', async () => {
    await house.restart({ publicUrl: 'http://gantry.bank.example' });
    const { headers } = await fetch(`${plainUrl()}/apps`, { redirect: 'manual' });
    expect(headers.get('location')).to.equal(`${house.web.url}/apps`);
  });

  it('shows a renewed certificate to newcomers, and keeps the connections that there are', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    const ask = () => askSecurely(`${house.web.url}/health/live`, ca, { agent });
    await ask();
    const socket = Object.values(agent.freeSockets).flat()[0];
    const next = await tls.make();
    await until(async () => (await shownSerial(house.web.port, ca)) === next);
    expect((await ask()).status).to.equal(200);
    expect(Object.values(agent.freeSockets).flat()[0] === socket, 'the very same connection').to.equal(true);
    agent.destroy();
  }).timeout(10_000);

  it('takes a push, whose hook speaks to its own machine', async () => {
    const { status } = await askSecurely(`${house.web.url}/api/v1/apps`, ca, {
      method: 'POST',
      headers: bearer(),
      body: '{"name":"storefront"}',
    });
    expect(status).to.equal(201);
    const tree = await WorkTree.make();
    await tree.commit('a', 'b');
    const remote = `${house.web.url.replace('://', `://me:${house.token}@`)}/git/storefront.git`;
    const push = ['-c', `http.sslCAInfo=${tls.authority}`, 'push', '-o', 'no-follow', remote, 'main'];
    const { code, text } = await tree.git(...push);
    expect(text).to.include(`${house.web.url}/apps/storefront/runs/1`);
    expect(code).to.equal(0);
    await tree.commit('a', 'c');
    const helper = `credential.helper=!f() { echo username=me; echo password=${house.token}; }; f`;
    const before = ['-c', helper, ...push.slice(0, -2), `${plainUrl()}/git/storefront.git`, 'main'];
    expect((await tree.git(...before)).text, 'a remote of before is sent on').to.include('/apps/storefront/runs/2');
    await tree.remove();
  });

  it('marks its cookies as secure, and demands HTTPS for a year only with a given certificate', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const body = new URLSearchParams({ token: house.token }).toString();
    const { headers } = await askSecurely(`${house.web.url}/login`, ca, { method: 'POST', headers: form, body });
    expect(headers['set-cookie']?.join()).to.match(/; secure/i);
    expect(headers).to.not.have.property('strict-transport-security');
    const given = await makeHouse({}, { tls: { ...tls.files, own: false } });
    const told = await askSecurely(`${given.web.url}/health/live`, ca);
    await given.close();
    expect(told.headers['strict-transport-security']).to.equal('max-age=31536000');
  });

  it('tells on its health page for how long the certificate is good', async () => {
    const { text } = await askSecurely(`${house.web.url}/health`, ca);
    expect(text)
      .to.include('"name":"certificate"')
      .and.match(/good for 39\d more days/);
  });

  it('does not start with a key that is not of its certificate', async () => {
    const other = new TestTls();
    await other.make();
    const pair = { ...tls.files, key: other.files.key };
    const refused = await startHouseWeb(house.engine, house.home, 'x', { tls: pair }).then(
      () => undefined,
      (error: GantryError) => error,
    );
    other.remove();
    expect(refused?.code).to.equal('tls-certificate');
    expect(refused?.message).to.include('is not the key of');
  });
});

describe('what is served over plain HTTP where HTTPS is spoken', () => {
  const served = (url: string, from: string, at: string, method = 'POST'): string => {
    let said = '';
    const response = {
      writeHead: (status: number) => {
        said = String(status);
        return response;
      },
      end: () => undefined,
    };
    const request = { url, method, headers: {}, socket: { remoteAddress: from, localAddress: at }, resume: () => {} };
    const serve = () => {
      said = 'served';
    };
    answerPlain('https://gantry.example', serve)(request as never, response as never);
    return said;
  };

  it('is the hook, and the health check, of this very machine only', () => {
    expect(served('/internal/post-receive', '127.0.0.1', '127.0.0.1')).to.equal('served');
    expect(served('/internal/post-receive', '10.0.0.5', '10.0.0.5')).to.equal('served');
    expect(served('/internal/post-receive', '10.0.0.9', '10.0.0.5')).to.equal('400');
    expect(served('/readyz', '127.0.0.1', '127.0.0.1', 'GET')).to.equal('served');
    expect(served('/readyz', '10.0.0.9', '10.0.0.5', 'GET')).to.equal('308');
    expect(served('/api/v1/apps', '127.0.0.1', '127.0.0.1')).to.equal('400');
    expect(served('/', '127.0.0.1', '127.0.0.1', 'GET')).to.equal('308');
  });
});
