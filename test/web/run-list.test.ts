import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type House, makeHouse } from './support/house';

interface Listed {
  version: number;
  items: { number: number; app: string; state: string; createdAt: number; startedBy: string }[];
  next: string | null;
}

describe('the list of runs', () => {
  let house: House;
  let now = 1_000_000;
  before(async () => {
    house = await makeHouse({ clock: { now: () => now } });
    for (const app of ['shop', 'ledger']) await house.post('/api/v1/apps', { name: app });
    for (let i = 1; i <= 7; i++) {
      // Two at a time, since order must not hang on different times.
      now = 1_000_000 + Math.floor(i / 2) * 1_000;
      const app = i % 3 === 0 ? 'ledger' : 'shop';
      const pusher = i % 2 === 0 ? 'owner' : 'ann';
      const delivery = { app, source: 'test', ref: `refs/heads/b${i}`, after: String(i).repeat(40), pusher };
      await house.engine.deliveries.accept({ ...delivery, before: '0'.repeat(40) }, `user:${pusher}`);
    }
    await house.post('/api/v1/apps/shop/runs/2/cancel', {});
  });
  after(() => house.close());

  const list = (query = '', at = '/api/v1/runs') => house.json<Listed>(`${at}${query}`);
  const names = ({ items }: Listed) => items.map(({ app, number }) => `${app}#${number}`);

  it('has this shape, which stays as long as its version does', async () => {
    const golden = JSON.parse(readFileSync(join(__dirname, 'support', 'run-list.v1.json'), 'utf8')) as Listed;
    const { version, items, next } = await list('?limit=1');
    expect(Object.keys({ version, items, next })).to.deep.equal(Object.keys(golden));
    expect(version).to.equal(golden.version);
    const types = (item: object | undefined) =>
      Object.fromEntries(
        Object.entries(item ?? {}).map(([key, value]) => [key, value === null ? 'null' : typeof value]),
      );
    // More fields may come; none of these goes, or becomes another type.
    expect(types(items[0])).to.deep.include(types(golden.items[0]));
  });

  it('comes page by page, none twice and none missing, also where times are equal', async () => {
    const whole = names(await list());
    expect(whole).to.have.length(7);
    for (const size of [1, 2, 3, 6, 7]) {
      const seen: string[] = [];
      let before = '';
      for (;;) {
        const page = await list(`?limit=${size}${before}`);
        seen.push(...names(page));
        if (page.next === null) break;
        before = `&before=${page.next}`;
      }
      expect(seen, `pages of ${size}`).to.deep.equal(whole);
    }
  });

  it('is narrowed by app, state, time and person', async () => {
    expect(names(await list('?app=ledger'))).to.deep.equal(names(await list('', '/api/v1/apps/ledger/runs')));
    expect(names(await list('?state=cancelled'))).to.deep.equal(['shop#2']);
    expect(names(await list('?state=cancelled,queued'))).to.have.length(7);
    expect((await list('?since=1003000')).items.every(({ createdAt }) => createdAt >= 1_003_000)).to.equal(true);
    expect(names(await list('?since=1003000'))).to.have.length(2);
    const mine = await list('?mine=1');
    expect(mine.items.map(({ startedBy }) => startedBy)).to.deep.equal(['owner', 'owner', 'owner']);
  });

  it('refuses a state, a time and a place that are none, by name', async () => {
    for (const [query, name] of [
      ['?state=fialed', 'state'],
      ['?since=yesterday', 'since'],
      ['?before=x', 'before'],
      ['?limit=201', 'limit'],
      ['?mine=yes', 'mine'],
    ]) {
      const refused = await house.ask(`/api/v1/runs${query}`);
      const { error } = (await refused.json()) as { error: { code: string; message: string } };
      expect([refused.status, error.code]).to.deep.equal([400, 'query']);
      expect(error.message).to.include(name);
    }
    expect((await house.ask('/api/v1/runs?app=nothing')).status).to.equal(404);
  });
});
