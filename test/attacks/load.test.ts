import { expect } from 'chai';
import { routes } from '../../web/server';
import { type House, makeHouse } from '../web/support/house';
import { curl } from './support/clients';

/** Requests at once of somebody who wants to keep Gantry busy. */
const AT_ONCE = 20;
const RUNS = 300;

describe('a list that is asked for to keep Gantry busy', () => {
  let house: House;
  before(async function () {
    this.timeout(60_000);
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'owner' };
    for (let i = 0; i < RUNS; i++) {
      const [before, after] = [i, i + 1].map((n) => n.toString(16).padStart(40, '0'));
      await house.engine.deliveries.accept({ ...push, before: before ?? '', after: after ?? '' }, 'user:owner');
    }
  });
  after(() => house.close());

  const lists = routes.filter(({ method, api }) => method === 'GET' && api?.query?.shape.limit !== undefined);

  it('is given in pages, of no more than was agreed [S48]', async () => {
    expect(lists.length).to.be.above(3);
    for (const { path } of lists) {
      const address = path.replace(':app', 'storefront').replace(/:\w+/g, '1');
      for (const limit of ['1000000', '-1', '1e9', 'Infinity', '0x10', '99999999999999999999', 'NaN', '']) {
        const answer = await house.ask(`${address}?limit=${limit}`);
        const body = (await answer.json()) as { items?: unknown[] };
        if (answer.ok) expect(body.items?.length ?? 0, `${address} ${limit}`).to.be.below(201);
        else expect(answer.status, `${address} ${limit}`).to.be.oneOf([400, 404, 409]);
      }
    }
  });

  it('leaves others their answers: readiness, while twenty ask for the largest pages without a pause [S48]', async () => {
    const busy = new AbortController();
    const asking = Array.from({ length: AT_ONCE }, async (_, i) => {
      while (!busy.signal.aborted) {
        const path = i % 2 === 0 ? '/apps/storefront' : '/api/v1/apps/storefront/runs?limit=200';
        await (await house.ask(path)).arrayBuffer();
      }
    });
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      expect((await curl(`${house.web.url}/healthz`)).status).to.equal(200);
      times.push(performance.now() - began);
    }
    busy.abort();
    await Promise.all(asking);
    expect(times.toSorted((a, b) => a - b)[18], 'ms').to.be.below(5_000);
  }).timeout(120_000);
});
