import { expect } from 'chai';
import { anyStepWaits } from '../../engine/steps/waiting';
import { Line } from './support/line';

const PIPELINE = `build: { order: every, pool: build }
serve: { image: {}, port: 80, health: { path: /health } }
stages: { production: { pool: near-production } }
`;
const FLOOD = 300;

describe('apps that share a runner', () => {
  let line: Line;
  beforeEach(async () => {
    line = await Line.of(PIPELINE, ['shop', 'bank', 'blog']);
  });
  afterEach(() => line.close());

  const next = (limit: number, app = 'shop') => line.take(undefined, app, { pools: 'all', limit });

  it('take turns, so that a flood of one holds up no other [F43]', async function () {
    this.timeout(60_000);
    for (let i = 0; i < FLOOD; i++) await line.push(`flood-${i}`, { planned: false });
    await line.push('main', { app: 'bank', planned: false });
    await line.push('main', { app: 'blog', planned: false });
    const taken = { shop: await next(3), bank: line.heldOf('bank'), blog: line.heldOf('blog') };
    expect(taken).to.deep.equal({ shop: ['1 plan'], bank: ['1 plan'], blog: ['1 plan'] });
  });

  it('get the next place by how much of them is at work', async () => {
    for (let i = 0; i < 6; i++) await line.push(`work-${i}`, { planned: false });
    expect(await next(3)).to.deep.equal(['1 plan', '2 plan', '3 plan']);
    for (let i = 0; i < 6; i++) await line.push(`work-${i}`, { app: 'bank', planned: false });
    expect([await next(3), line.heldOf('bank')]).to.deep.equal([[], ['1 plan', '2 plan', '3 plan']]);
    expect([await next(2), line.heldOf('bank')]).to.deep.equal([['4 plan'], ['1 plan', '2 plan', '3 plan', '4 plan']]);
  });

  it('all wait for a rollback', async () => {
    await line.push('main', { app: 'bank', planned: false });
    await line.push('main', { planned: false });
    const { apps, parts } = line.test.engine;
    const { id } = await apps.find('shop');
    await parts.store.write((tx) => tx.updateTable('runs').set({ priority: 10 }).where('app_id', '=', id).execute());
    expect(await next(1)).to.deep.equal(['1 plan']);
  });
});

describe('a pool of runners', () => {
  let line: Line;
  beforeEach(async () => {
    line = await Line.of(PIPELINE);
  });
  afterEach(() => line.close());

  const take = (...pools: string[]) => line.take(undefined, 'shop', { pools });

  it('takes the steps that name it, and no others', async () => {
    await line.push('main', { planned: false });
    expect([await take('build'), await take('default')]).to.deep.equal([[], ['1 plan']]);
    await line.planned(1);
    expect([await take('default'), await take('near-production')]).to.deep.equal([[], []]);
    expect(await take('build', 'default')).to.deep.equal(['1 build-image']);
    await line.end('1 build-image');
    await line.end((await take('build'))[0] ?? '');
    expect([await take('build', 'default'), await take('near-production')]).to.deep.equal([
      [],
      ['1 production/deliver'],
    ]);
  });

  it('takes back what it did', async () => {
    await line.push('main', { planned: false });
    await take('default');
    await line.planned(1);
    for (const _ of ['build-image', 'seal']) await line.end((await take('build'))[0] ?? '');
    const [deliver = ''] = await take('near-production');
    await line.end(deliver);
    await line.test.engine.runs.cancel({ app: 'shop', run: 1, reason: '' }, 'user:ada');
    expect([await take('build', 'default'), await take('near-production')]).to.deep.equal([
      [],
      ['1 undo production/deliver'],
    ]);
  });

  it('is not woken by what it cannot take', async () => {
    await line.push('main', { planned: false });
    const waits = (pools: string[]) => anyStepWaits(line.test.engine.parts, { kinds: ['plan'], pools });
    expect([await waits(['build']), await waits(['default'])]).to.deep.equal([false, true]);
  });
});
