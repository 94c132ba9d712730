import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { expect } from 'chai';
import { type House, makeHouse } from './support/house';

interface Refusal {
  error: { code: string; message: string; next: string };
}

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('a release that is given to the API', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(() => house.close());

  const upload = (body: string, digest = digestOf(body), app = 'storefront') =>
    house.ask(`/api/v1/apps/${app}/artifacts?digest=${digest}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body,
    });
  const create = (body: object) => house.post('/api/v1/apps/storefront/releases', body);
  const refusal = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as Refusal).error });

  it('is a file that is stored as it is, and then a run of its own', async () => {
    const stored = await upload('bytes of a WAR');
    const digest = digestOf('bytes of a WAR');
    expect([stored.status, await stored.json()]).to.deep.equal([201, { digest, size: 14 }]);
    const given = { kind: 'war', digest, name: 'shop.war' };
    const created = await create({ given, pipeline: 'app: storefront' });
    expect(created.status).to.equal(201);
    expect(await created.json()).to.deep.equal({
      app: 'storefront',
      run: 1,
      url: `${house.web.url}/apps/storefront/runs/1`,
    });
    const run = await house.json('/api/v1/apps/storefront/runs/1');
    expect(run).to.deep.include({ trigger: 'release', title: 'shop.war', startedBy: 'user:owner' });
  });

  it('is refused when other bytes came than were meant, and nothing is left of them', async () => {
    const answer = await refusal(await upload('cut off', digestOf('the whole file')));
    expect(answer).to.include({ status: 400, code: 'digest-differs' });
    expect(await house.engine.parts.bytes.has(digestOf('cut off'))).to.equal(false);
  });

  it('is refused before a byte is read when it is too large', async () => {
    const path = `/api/v1/apps/storefront/artifacts?digest=${digestOf('')}`;
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const asked = request(`${house.web.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${house.token}`, 'content-length': 3 * 1024 ** 3 },
      });
      asked.on('error', reject).on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => {
          asked.destroy();
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      asked.flushHeaders();
    });
    expect(answer.status).to.equal(413);
    expect(answer.text).to.include('the file is larger than 2048 MiB');
  });

  it('keeps what a registry asks for out of every answer', async () => {
    const given = { kind: 'image', ref: `registry.example.org/shop@sha256:${'8'.repeat(64)}` };
    const credentials = { username: 'ada', password: 'correct horse' };
    expect((await create({ given, credentials, pipeline: 'app: storefront' })).status).to.equal(201);
    const run = await house.engine.runs.find('storefront', 1);
    expect(await house.engine.releases.credentialsOf(run.row.id)).to.deep.equal(credentials);
    const shown = await (await house.ask('/api/v1/apps/storefront/runs/1')).text();
    const events = await house.engine.parts.store.read.selectFrom('events').selectAll().execute();
    expect(`${shown}${JSON.stringify(events)}`).to.not.include('correct horse');
  });

  it('is refused with the reason: an unknown app, a name that moves, bytes that were never sent', async () => {
    expect(await refusal(await upload('x', digestOf('x'), 'bank'))).to.include({ status: 404, code: 'app-unknown' });
    expect(await refusal(await upload('x', 'latest'))).to.include({ status: 400, code: 'query' });
    const moving = { kind: 'image', ref: 'registry.example.org/shop:latest' };
    expect(await refusal(await create({ given: moving, pipeline: '' }))).to.include({
      status: 400,
      code: 'image-moves',
    });
    const missing = { kind: 'war', digest: digestOf('never sent'), name: 'shop.war' };
    expect(await refusal(await create({ given: missing }))).to.include({ status: 404, code: 'artifact-unknown' });
    const outside = { kind: 'war', digest: digestOf('x'), name: '../shop.war' };
    expect(await refusal(await create({ given: outside }))).to.include({ status: 400 });
  });
});
