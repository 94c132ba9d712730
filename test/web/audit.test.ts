import { join } from 'node:path';
import { expect } from 'chai';
import { verifyExport } from '../../engine/audit/verify-export';
import { AuditWatch } from '../../engine/audit/watch';
import { anchorFile } from '../../engine/store/anchor-file';
import { linesOf, tamper, writeEntries } from '../engine/audit/support';
import { type House, makeHouse } from './support/house';
import { until } from './support/until';

describe('the audit over the API', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
    await house.engine.apps.create('shop', 'user:ada');
    await writeEntries(house.engine, 'shop', 5);
  });
  after(() => house.close());

  const json = async (path: string) => (await house.ask(path)).json() as Promise<Record<string, unknown>>;
  const health = async () =>
    ((await json('/health')) as { parts: { name: string; state: string; found: string }[] }).parts.find(
      ({ name }) => name === 'audit',
    );

  it('lists what happened to an app, newest first, page by page', async () => {
    const page = (await json('/api/v1/audit?app=shop&limit=3')) as { items: { object: string }[]; next: number };
    expect(page.items.map(({ object }) => object)).to.deep.equal(['shop#5', 'shop#4', 'shop#3']);
    const rest = (await json(`/api/v1/audit?app=shop&limit=3&before=${page.next}`)) as typeof page;
    expect(rest.items.map(({ object }) => object)).to.deep.equal(['shop#2', 'shop#1', 'shop']);
    const one = (await json('/api/v1/audit?app=shop&run=4')) as typeof page;
    expect(one.items.map(({ object }) => object)).to.deep.equal(['shop#4']);
  });

  it('knows no run without its app', async () => {
    const answer = await house.ask('/api/v1/audit?run=4');
    expect([answer.status, await answer.text()].join(' ')).to.match(/^400 .*without its app/);
  });

  it('is checked by one at a time, whoever asks', async () => {
    const { audit } = house.engine;
    const { verify } = audit;
    let [working, most] = [0, 0];
    audit.verify = async (asked) => {
      most = Math.max(most, ++working);
      const verdict = await verify(asked);
      working -= 1;
      return verdict;
    };
    const all = await Promise.all([1, 2, 3].map(() => json('/api/v1/audit/verify')));
    audit.verify = verify;
    expect([most, ...all.map(({ ok }) => ok)]).to.deep.equal([1, true, true, true]);
  });

  it('hands out an export that proves itself, and refuses an unknown app', async () => {
    const answer = await house.ask('/api/v1/audit/export?app=shop');
    expect(answer.headers.get('content-type')).to.include('application/x-ndjson');
    const verdict = await verifyExport(linesOf(Buffer.from(await answer.arrayBuffer())));
    expect(verdict).to.include({ ok: true, entries: 6 });
    expect((await house.ask('/api/v1/audit/export?app=nobody')).status).to.equal(404);
  });

  it('checks the whole of it with its anchors, and shows an alarm in health, metrics and verdict', async () => {
    const anchors = anchorFile(join(house.home, 'anchors', 'heads.jsonl'));
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const watch = new AuditWatch({ ...house.engine.parts, log }, anchors);
    await watch.turn();
    expect(await health()).to.include({ state: 'up', found: '7 entries were as they were written' });
    expect(await json('/api/v1/audit/verify')).to.deep.include({ ok: true, entries: 7 });
    await tamper(house.engine, [`delete from audit where object = 'shop#5'`]);
    await watch.turn();
    const verdict = (await json('/api/v1/audit/verify')) as { ok: boolean; breaks: { says: string }[] };
    expect(verdict.ok).to.equal(false);
    const says = 'shop, entry 6: the newest entries are missing (there were 6, and 5 are left)';
    expect(verdict.breaks.map((found) => found.says)).to.deep.equal([says]);
    expect(await (await house.ask('/metrics')).text()).to.include('gantry_audit_broken 1');
    await until(async () => (await health())?.state === 'down');
    expect((await health())?.found).to.include(says);
  });

  it('shows an entry as it stands although somebody has made nonsense of it', async () => {
    await tamper(house.engine, [`update audit set detail = '{nonsense' where object = 'shop#4'`]);
    const { items } = (await json('/api/v1/audit?app=shop&run=4')) as { items: { detail: unknown }[] };
    expect(items.map(({ detail }) => detail)).to.deep.equal(['{nonsense']);
  });
});
