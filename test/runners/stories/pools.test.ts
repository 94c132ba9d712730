import { expect } from 'chai';
import { sql } from 'kysely';
import { TERM_MS } from '../../../engine/control/term';
import type { Engine } from '../../../engine/engine';
import { isFinalRun } from '../../../engine/model/states';
import { databaseNow } from '../../../engine/store/store';
import { startLoops } from '../../../runners/control/loops';
import { stepKinds } from '../../../runners/steps/kinds';
import { startWorker, type Worker } from '../../../runners/worker/worker';
import { runnerSettings } from '../../../settings';
import { makeEngineIn } from '../../support/engine';
import { type House, makeHouse } from '../../support/house';
import { until } from '../../web/support/until';

const FILES = {
  'gantry.yml': `app: shop
build: { pool: build, order: every, commands: [{ name: unit, in: gantry/node, run: "true" }] }
serve: { image: {}, port: 8080, health: { path: /health } }
stages: { production: { pool: near-production } }
`,
  Dockerfile: 'FROM gantry/node\n',
};
const PUSHES = 6;

/** Processes that share records, each with an engine and a connection of its own. */
describe('several processes on one database', () => {
  let house: House;
  const engines: Engine[] = [];
  const workers: Worker[] = [];
  const closing: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    house = await makeHouse({ idle: true, hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
    for (const list of [engines, workers, closing]) list.length = 0;
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.drain(5_000)));
    for (const close of closing) await close();
    await house.close();
  });

  const another = async (): Promise<Engine> => {
    const { engine, close } = await makeEngineIn(house.folder);
    engines.push(engine);
    closing.push(close);
    return engine;
  };
  const runner = async (owner: string, ...pools: string[]): Promise<void> => {
    const engine = await another();
    workers.push(startWorker(engine, stepKinds(house.world), { owner, concurrency: 2, pools }));
  };
  const ended = async (): Promise<string[]> => {
    for (;;) {
      const runs = await house.engine.runs.list({ app: 'shop', limit: 100 });
      if (runs.every(({ state }) => isFinalRun(state))) return runs.map(({ state, reason }) => state + reason);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it('accept the same delivery once, whichever of them it reaches, and however often [F34]', async () => {
    const webs = [house.engine, await another(), await another()];
    const push = { app: 'shop', source: 'git-push', ref: 'refs/heads/main', pusher: 'ada' };
    const commits = { before: '0'.repeat(40), after: 'a'.repeat(40) };
    const copies = Array.from({ length: 99 }, (_, i) => (webs[i % webs.length] ?? house.engine).deliveries);
    const answers = await Promise.all(copies.map((web) => web.accept({ ...push, ...commits }, 'user:ada')));
    expect(answers.filter((answer) => answer[0]?.known === false)).to.have.length(1);
    expect(new Set(answers.map((answer) => answer[0]?.run?.number))).to.deep.equal(new Set([1]));
    expect(await house.engine.runs.list({ app: 'shop', limit: 10 })).to.have.length(1);
  });

  it('share the steps by pool: each is carried out once, by a runner that may', async () => {
    for (const [owner, pool] of [
      ['d1', 'default'],
      ['b1', 'build'],
      ['b2', 'build'],
      ['p1', 'near-production'],
    ] as const) {
      await runner(owner, pool);
    }
    for (let i = 0; i < PUSHES; i++) await house.push('shop', FILES);
    expect(await ended()).to.deep.equal(Array.from({ length: PUSHES }, () => 'succeeded'));
    const { store } = house.engine.parts;
    const steps = await store.read.selectFrom('steps').select(['stage', 'name', 'epoch', 'pool']).execute();
    expect(new Set(steps.map(({ epoch }) => epoch))).to.deep.equal(new Set([1]));
    const taken = await store.read
      .selectFrom('audit')
      .select(['actor', 'object'])
      .where('action', '=', 'run.taken')
      .execute();
    const poolOf = (step: string) => steps.find(({ name }) => name === step)?.pool;
    const wrong = taken.filter(({ actor, object }) => {
      const letter = actor.replace('runner:', '').slice(0, 1);
      return !poolOf(object.slice(object.indexOf('/') + 1))?.startsWith(
        { d: 'default', b: 'build', p: 'near' }[letter] ?? '',
      );
    });
    expect([wrong, taken.length]).to.deep.equal([[], steps.length]);
    expect(new Set(taken.map(({ actor }) => actor))).to.include.members(['runner:d1', 'runner:b1', 'runner:p1']);
  });

  it('have one holder for each control loop, and the next one when that has gone', async () => {
    const how = { policy: runnerSettings({}).retention, reach: { kinds: ['plan'] } };
    const first = await another();
    const second = await another();
    const stopFirst = startLoops(first, house.world, 'first', how);
    await until(async () => (await terms()).length > 3);
    const held = await terms();
    expect(new Set(held.map(({ holder }) => holder))).to.deep.equal(new Set(['first']));
    const stopSecond = startLoops(second, house.world, 'second', how);
    const tried = await Promise.all(held.map(({ name }) => second.terms.hold(name, 'second')));
    expect(new Set(tried)).to.deep.equal(new Set([undefined]));
    await stopFirst();
    const { write } = house.engine.parts.store;
    await write((tx) => tx.updateTable('terms').set({ until: 1 }).execute());
    const taken = await Promise.all(held.map(({ name }) => second.terms.hold(name, 'second')));
    expect(taken).to.deep.equal(held.map(({ epoch }) => epoch + 1));
    const late = await Promise.all(held.map(({ name }) => first.terms.hold(name, 'first')));
    expect(new Set(late)).to.deep.equal(new Set([undefined]));
    await stopSecond();
  });

  it('leave a loop to the one that looks after it each time that half of its term is over', async () => {
    const first = await another();
    await first.terms.hold('loop', 'first');
    const { write } = house.engine.parts.store;
    const until = sql<number>`${databaseNow} + ${TERM_MS / 2 + 500}`;
    await write((tx) => tx.updateTable('terms').set({ until }).execute());
    expect(await first.terms.hold('loop', 'first')).to.equal(1);
    const left = sql<number>`until - ${databaseNow}`.as('left');
    const [term] = await house.engine.parts.store.read.selectFrom('terms').select(left).execute();
    expect(term?.left, 'it lasts beyond the next look').to.be.above(TERM_MS / 2 + 500);
  });

  const terms = () => house.engine.parts.store.read.selectFrom('terms').selectAll().orderBy('name').execute();
});
