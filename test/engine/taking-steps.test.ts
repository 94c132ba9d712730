import { expect } from 'chai';
import { LeaseLostError } from '../../engine/model/errors';
import { performEphemeral } from '../../engine/steps/effect';
import { finishStep } from '../../engine/steps/finish';
import type { StepLease } from '../../engine/steps/lease';
import { takeSteps } from '../../engine/steps/take';
import type { Plan, PlannedStep } from '../../pipelines/types';
import { makeEngine, type TestEngine } from '../support/engine';

const KINDS = ['plan', 'command', 'deliver'];

const planned = (name: string, stage = 'build'): PlannedStep =>
  ({
    name,
    stage,
    needs: ['plan'],
    timeout: 60_000,
    kind: stage === 'build' ? 'command' : 'deliver',
    spec: {},
  }) as never;

const planOf = (steps: readonly PlannedStep[]): Plan =>
  ({ format: 1, app: 'shop', pipelineHash: 'p', stages: [{ name: 'gray', role: 'gray' }], build: {}, steps }) as never;

describe('a runner that looks for work', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => test.close());

  const take = (limit: number): Promise<StepLease[]> =>
    takeSteps(test.engine.parts, 'r', () => ({ kinds: KINDS, limit }));

  /** Runs that are planned, with these steps waiting. */
  const runs = async (count: number, steps: readonly PlannedStep[]): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const after = String(i + 1).repeat(40);
      const push = {
        app: 'shop',
        source: 'git-push',
        ref: `refs/heads/${i}`,
        before: '0'.repeat(40),
        after,
        pusher: 'ada',
      };
      await test.engine.deliveries.accept(push, 'user:ada');
    }
    for (const lease of await take(count)) {
      await finishStep(test.engine.parts, lease, { end: 'planned', plan: planOf(steps) });
    }
  };
  const named = (leases: readonly StepLease[]): string[] => leases.map(({ run, name }) => `${run.number} ${name}`);

  it('takes as much as it has room for, oldest run first', async () => {
    await runs(
      2,
      ['a', 'b', 'c'].map((name) => planned(name)),
    );
    expect(named(await take(4))).to.deep.equal(['1 a', '1 b', '1 c', '2 a']);
    expect(named(await take(4))).to.deep.equal(['2 b', '2 c']);
    const { steps } = await test.engine.runs.find('shop', 1);
    expect(steps.map(({ state, epoch, owner }) => [state, epoch, owner]).slice(1)).to.deep.equal(
      ['a', 'b', 'c'].map(() => ['running', 1, 'r']),
    );
  });

  it('counts its room when the transaction begins, not when it asks', async () => {
    await runs(
      1,
      ['a', 'b', 'c'].map((name) => planned(name)),
    );
    let limit = 1;
    const taken = takeSteps(test.engine.parts, 'r', () => ({ kinds: KINDS, limit }));
    limit = 2;
    expect(named(await taken)).to.deep.equal(['1 a', '1 b']);
  });

  it('takes gray and production of an app for one run only, also when two could have it', async () => {
    await runs(2, [planned('gray/deliver', 'gray'), planned('gray/other', 'gray'), planned('a')]);
    expect(named(await take(10))).to.deep.equal(['1 gray/deliver', '1 gray/other', '1 a', '2 a']);
    expect(await take(10)).to.deep.equal([]);
  });

  it('tells each step and each end of it to whoever follows the run, in the order of the commits', async () => {
    await runs(1, [planned('a'), planned('b')]);
    const leases = await take(2);
    await Promise.all(leases.map((lease) => finishStep(test.engine.parts, lease, { end: 'succeeded', output: null })));
    const { row } = await test.engine.runs.find('shop', 1);
    const events = await test.engine.events.since(0, { runId: row.id, limit: 100 });
    expect(events.map(({ seq }) => seq)).to.deep.equal(events.map((_, i) => i + 1));
    const told = events.filter(({ type }) => type === 'step').map(({ data }) => `${data.step} ${data.state}`);
    expect(told.slice(-4)).to.deep.equal(['a running', 'b running', 'a succeeded', 'b succeeded']);
  });

  it('does what leaves nothing behind without a record, but not once the step is in other hands', async () => {
    await runs(1, [planned('a')]);
    const [lease] = (await take(1)) as [StepLease];
    const { parts } = test.engine;
    const keys: string[] = [];
    const act = async (key: string) => keys.push(key);
    const stop = () => undefined;
    await performEphemeral(parts, lease, 'command', act, stop);
    expect(await parts.store.read.selectFrom('effects').selectAll().execute()).to.deep.equal([]);
    const late = { ...lease, epoch: lease.epoch - 1 };
    const refused = await performEphemeral(parts, late, 'command', act, stop).catch((e) => e);
    expect(refused).to.be.instanceOf(LeaseLostError);
    expect(keys).to.have.length(1);
  });
});
