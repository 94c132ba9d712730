import { expect } from 'chai';
import { signIn } from './support/browser';
import { type House, makeHouse } from './support/house';

describe('what was not told of a run, over HTTP', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
  });
  afterEach(() => house.close());

  it('stands in its JSON, in why, and on its page', async () => {
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40) };
    const target = 'a'.repeat(40);
    await house.engine.deliveries.accept({ ...push, after: target, pusher: 'owner' }, 'user:owner');
    const { parts } = house.engine;
    const app = await house.engine.apps.find('storefront');
    const now = parts.clock.now();
    const place = { app_id: app.id, kind: 'status' as const, target, context: 'gantry/storefront/test', body: '{}' };
    const trouble = { failures: 5, not_before: 0, trouble: 'git.bank <b>has</b> no such place (404)', trouble_at: now };
    await parts.store.write((tx) =>
      tx
        .insertInto('forge_posts')
        .values({ ...place, ...trouble, run_number: 1, version: 1, sent_version: 1, updated_at: now })
        .execute(),
    );
    const said =
      'its forge does not show gantry/storefront/test: git.bank <b>has</b> no such place (404); it was given up';
    const address = '/apps/storefront/runs/1';
    const { untold } = await house.json<{ untold: string[] }>(`/api/v1${address}`);
    expect(untold).to.eql([said]);
    const { sentences } = await house.json<{ sentences: string[] }>(`/api/v1${address}/why`);
    expect(sentences.at(-1)).to.equal(said);
    const page = await (await signIn(house)).page(address);
    expect(page).to.include(
      'its forge does not show gantry/storefront/test: git.bank &lt;b&gt;has&lt;/b&gt; no such place',
    );
  });
});
