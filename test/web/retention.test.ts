import { expect } from 'chai';
import { EMPTY_REPORT, withRemovals } from '../../engine/retention/report';
import { pass as passShape, reaperList } from '../../web/api/schemas/retention';
import { type House, makeHouse } from './support/house';

const ITEMS = [
  { name: 'shop#1', bytes: 0 },
  { name: 'shop#2', bytes: 0 },
];
const REPORT = withRemovals(EMPTY_REPORT, [
  { kind: 'runs', why: 'it ended long ago', items: ITEMS },
  { kind: 'artifacts', why: 'no kept release is made of it', items: [{ name: 'sha256:1', bytes: 4_000 }] },
]);

describe('retention over the API', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
  });
  after(() => house.close());

  const post = (kind: string) =>
    house.ask('/api/v1/retention', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind }),
    });
  const json = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

  it('takes a wish for a look, and shows the pass until a runner has ended it', async () => {
    const asked = passShape.parse(await json(await post('look')));
    expect(asked).to.include({ kind: 'look', state: 'asked', endedAt: null });
    const running = await house.engine.retention.next(3_600_000);
    expect(running?.id).to.equal(asked.id);
    const path = `/api/v1/retention/passes/${asked.id}`;
    expect(await json(await house.ask(path))).to.include({ state: 'running' });
    await house.engine.retention.end({ ...asked, id: running?.id ?? ('' as never) }, REPORT);
    const done = passShape.parse(await json(await house.ask(path)));
    expect(done).to.include({ state: 'done' });
    expect(done.report).to.deep.equal(REPORT);
  });

  it('refuses a pass that nobody knows, and a wish that is none', async () => {
    expect((await house.ask('/api/v1/retention/passes/none')).status).to.equal(404);
    expect((await post('everything')).status).to.equal(400);
  });

  it('refuses while the records came back from a backup and nobody has confirmed them', async () => {
    await house.engine.holds.begin('restore', { reason: 'the records came back', since: 1, forMs: null });
    const answer = await post('prune');
    await house.engine.holds.lift('restore');
    expect(answer.status).to.equal(409);
    const { error } = (await answer.json()) as { error: { code: string; message: string; next: string } };
    expect(error.code).to.equal('held');
    expect(error.message).to.include('the records came back');
    expect(error.next).to.include('gantry restore --confirm');
  });

  it('shows what the reaper left to people', async () => {
    const doubtful = [{ kind: 'container', name: 'lost', why: 'no record knows it' }];
    await house.engine.retention.noteReaped('local', { doubtful, left: [] });
    const { items } = reaperList.parse(await json(await house.ask('/api/v1/retention/reaper')));
    expect(items).to.have.length(1);
    expect(items[0]).to.deep.include({ cluster: 'local', doubtful, left: [] });
  });

  it('is measured: what the last prune removed, what is kept, and what waits for people', async () => {
    const asked = passShape.parse(await json(await post('prune')));
    const running = await house.engine.retention.next(3_600_000);
    await house.engine.retention.end({ ...asked, id: running?.id ?? ('' as never) }, REPORT);
    const text = await (await house.ask('/metrics')).text();
    expect(text).to.include('gantry_retention_removed{what="runs"} 2');
    expect(text).to.include('gantry_retention_freed_bytes 4000');
    expect(text).to.include('gantry_reaper_doubtful 1');
    expect(text).to.match(/gantry_stored_bytes\{what="artifacts"\} \d+/);
  });
});
