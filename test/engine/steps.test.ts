import { expect } from 'chai';
import { auditHash } from '../../engine/audit/chain';
import { LeaseLostError } from '../../engine/model/errors';
import { performEffect } from '../../engine/steps/effect';
import { finishStep, type StepEnd } from '../../engine/steps/finish';
import type { StepLease } from '../../engine/steps/lease';
import { lookAtLeases, renewLeases } from '../../engine/steps/renew';
import type { Plan, PlannedStep } from '../../pipelines/types';
import { makeEngine, type TestEngine } from '../support/engine';
import { takeStep } from '../support/take-step';

const KINDS = { kinds: ['plan', 'command', 'deliver', 'share', 'promote', 'approve', 'seal'] };
const HEAD = 'a'.repeat(40);
const ZERO = '0'.repeat(40);

const planned = (name: string, needs: string[], stage = 'build'): PlannedStep =>
  ({
    name,
    stage,
    needs,
    timeout: 60_000,
    kind: stage === 'build' ? 'command' : 'deliver',
    spec: {},
  }) as unknown as PlannedStep;

function plan(...steps: PlannedStep[]): Plan {
  const stage = (name: string, role: string) => ({ name, role }) as unknown as Plan['stages'][number];
  return {
    format: 1,
    app: 'shop',
    pipelineHash: 'p'.repeat(64),
    stages: [stage('test', 'environment'), stage('gray', 'gray'), stage('production', 'production')],
    build: { artifact: null, image: null, commands: [], order: 'newest', pool: 'default' },
    steps,
  };
}

describe('a push', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => test.close());

  const push = async (after = HEAD, before = ZERO) => {
    const delivery = { app: 'shop', source: 'git-push', ref: 'refs/heads/main', before, after, pusher: 'user:ada' };
    const [accepted] = await test.engine.deliveries.accept(delivery, 'user:ada');
    return accepted;
  };

  it('is one run, however often the same delivery comes', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => push()));
    expect(new Set(all.map((a) => a?.run?.number))).to.deep.equal(new Set([1]));
    expect(all.filter((a) => a?.known === false)).to.have.length(1);
    expect(await test.engine.runs.list({ app: 'shop', limit: 10 })).to.have.length(1);
  });

  it('is stored, with its run and its audit entry, when the answer is given', async () => {
    await push();
    const db = test.engine.parts.store.read;
    const delivery = await db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow();
    expect(delivery.outcome).to.equal('run');
    const steps = await db.selectFrom('steps').select(['name', 'state']).execute();
    expect(steps).to.deep.equal([{ name: 'plan', state: 'ready' }]);
    const audit = await db.selectFrom('audit').select('action').where('chain', '=', 'shop').execute();
    expect(audit.map((a) => a.action)).to.include('delivery.accept');
  });

  it('that deletes a branch starts nothing, and says so', async () => {
    const accepted = await push(ZERO, HEAD);
    expect(accepted?.outcome).to.equal('ignored');
    expect(accepted?.reason).to.contain('was deleted');
  });

  it('to an app that does not exist is refused with the command that would make it', async () => {
    const refused = test.engine.deliveries.accept(
      { app: 'nope', source: 'git-push', ref: 'refs/heads/main', before: ZERO, after: HEAD, pusher: 'user:ada' },
      'user:ada',
    );
    const error = await refused.catch((e: unknown) => e as { code: string; next: string });
    expect(error).to.include({ code: 'app-unknown', next: 'make it: gantry app create nope' });
  });

  describe('whose steps runners take', () => {
    const take = async (owner = 'r1'): Promise<StepLease> => {
      const lease = await takeStep(test.engine.parts, owner, KINDS);
      if (lease === undefined) throw new Error('there was no step to take');
      return lease;
    };
    const finish = (lease: StepLease, end: StepEnd = { end: 'succeeded', output: null }) =>
      finishStep(test.engine.parts, lease, end);
    const expire = (lease: StepLease) =>
      test.engine.parts.store.write((tx) =>
        tx.updateTable('steps').set({ lease_until: 1 }).where('id', '=', lease.stepId).execute(),
      );

    it('is planned, and its steps become ready in their order', async () => {
      await push();
      await finish(await take(), {
        end: 'planned',
        plan: plan(planned('plan', []), planned('a', ['plan']), planned('b', ['a'])),
      });
      const first = await take();
      expect(first.name).to.equal('a');
      expect(await takeStep(test.engine.parts, 'r2', KINDS)).to.equal(undefined);
      await finish(first);
      const second = await take();
      expect(second.name).to.equal('b');
      const { state } = await finish(second);
      expect(state).to.equal('succeeded');
    });

    it('gives one step to one runner, when many ask at once', async () => {
      await push();
      const leases = await Promise.all(
        Array.from({ length: 10 }, (_, i) => takeStep(test.engine.parts, `r${i}`, KINDS)),
      );
      expect(leases.filter((l) => l !== undefined)).to.have.length(1);
    });

    it('is taken over with a higher epoch when its runner is lost, and the lost one is refused [F5] [S45]', async () => {
      await push();
      const lost = await take('lost');
      await expire(lost);
      const next = await take('next');
      expect(next.epoch).to.equal(lost.epoch + 1);
      for (const act of [
        () => finish(lost),
        () =>
          performEffect(test.engine.parts, lost, {
            target: 't',
            intent: null,
            find: async () => undefined,
            act: async () => 1,
          }),
      ]) {
        const error = await act().catch((e: unknown) => e);
        expect(error).to.be.instanceOf(LeaseLostError);
      }
      const renewed = await renewLeases(test.engine.parts, [lost, next]);
      expect([renewed.get(lost), renewed.get(next)]).to.deep.equal(['lost', 'held']);
      await finish(next, { end: 'ignored', reason: 'no pipeline' });
    });

    it('is renewed with all others of its runner at once, however many they are', async () => {
      await push();
      const names = Array.from({ length: 45 }, (_, i) => `s${i}`);
      await finish(await take(), { end: 'planned', plan: plan(...names.map((name) => planned(name, []))) });
      const leases: StepLease[] = [];
      for (const _ of names) leases.push(await take());
      for (const lease of leases) await expire(lease);
      const gone = { ...(leases[0] as StepLease), epoch: 7 };
      const standing = [...(await renewLeases(test.engine.parts, [gone, ...leases])).values()];
      expect(standing).to.deep.equal(['lost', ...leases.map(() => 'held')]);
      expect([...(await lookAtLeases(test.engine.parts, [gone, ...leases])).values()]).to.deep.equal(standing);
      expect(await takeStep(test.engine.parts, 'another', KINDS), 'none has run out').to.equal(undefined);
    });

    it('is lost to its runner once it is over, whichever way it asks', async () => {
      await push();
      const lease = await take();
      await finish(lease, { end: 'ignored', reason: 'no pipeline' });
      for (const ask of [renewLeases, lookAtLeases]) {
        expect([...(await ask(test.engine.parts, [lease])).values()]).to.deep.equal(['lost']);
      }
    });

    it('does an effect once: what a lost runner did is found and adopted [F4]', async () => {
      await push();
      const world = new Set<string>();
      const request = {
        target: 'container',
        intent: { image: 'x' },
        find: async (key: string) => (world.has(key) ? { key } : undefined),
        act: async (key: string) => {
          if (world.has(key)) throw new Error('made twice');
          world.add(key);
          return { key };
        },
      };
      const lost = await take('lost');
      // Killed after the effect, before the confirmation.
      const killed = performEffect(test.engine.parts, lost, {
        ...request,
        act: async (key) => {
          await request.act(key);
          await expire(lost);
          throw new Error('killed');
        },
      });
      expect((await killed.catch((e: Error) => e.message)) as string).to.equal('killed');
      const next = await take('next');
      const row = await test.engine.parts.store.read.selectFrom('effects').select('state').executeTakeFirstOrThrow();
      expect(row.state).to.equal('unknown');
      await performEffect(test.engine.parts, next, request);
      await performEffect(test.engine.parts, next, request);
      expect(world.size).to.equal(1);
      await finish(next, { end: 'ignored', reason: '' });
    });

    it('is tried again later when the world was at fault, and fails in the end', async () => {
      await push();
      const fault: StepEnd = { end: 'failed', fault: 'world', reason: 'Docker does not answer', next: 'start it' };
      for (let attempt = 1; attempt <= 4; attempt++) {
        const lease = await take();
        expect(lease.attempt).to.equal(attempt);
        const { state } = await finish(lease, fault);
        if (attempt === 4) expect(state).to.equal('failed');
        await test.engine.parts.store.write((tx) => tx.updateTable('steps').set({ not_before: 0 }).execute());
      }
      const { row } = await test.engine.runs.find('shop', 1);
      expect(row.reason).to.equal('plan: Docker does not answer; start it');
    });

    it('lets one run at a time into gray and production of an app', async () => {
      const begin = async () =>
        finish(await take(), { end: 'planned', plan: plan(planned('gray/deliver', [], 'gray')) });
      await push();
      await begin();
      const first = await take();
      expect(first.run.number).to.equal(1);
      await push('b'.repeat(40), HEAD);
      await begin();
      expect(await takeStep(test.engine.parts, 'r2', KINDS)).to.equal(undefined);
      await finish(first);
      expect((await take()).run.number).to.equal(2);
    });

    it('stops beginning steps once its run is cancelled', async () => {
      await push();
      await finish(await take(), { end: 'planned', plan: plan(planned('a', []), planned('b', ['a'])) });
      const running = await take();
      await test.engine.runs.cancel({ app: 'shop', run: 1, reason: 'wrong branch' }, 'user:ada');
      expect((await renewLeases(test.engine.parts, [running])).get(running)).to.equal('ended');
      const { state } = await finish(running, { end: 'failed', fault: 'user', reason: 'stopped', next: '' });
      expect(state).to.equal('cancelled');
      expect(await takeStep(test.engine.parts, 'r', KINDS)).to.equal(undefined);
      const { row } = await test.engine.runs.find('shop', 1);
      expect(row.reason).to.equal('cancelled by ada: wrong branch');
    });

    it('numbers its events without gaps', async () => {
      await push();
      await finish(await take(), { end: 'planned', plan: plan(planned('a', [])) });
      await finish(await take());
      const { row } = await test.engine.runs.find('shop', 1);
      const events = await test.engine.events.since(0, { runId: row.id, limit: 100 });
      expect(events.map((e) => e.seq)).to.deep.equal(events.map((_, i) => i + 1));
      expect(events.at(-1)?.data).to.include({ state: 'succeeded' });
    });

    it('leaves an audit chain in which every entry hashes the one before', async () => {
      await push();
      await finish(await take(), { end: 'ignored', reason: 'none' });
      const rows = await test.engine.parts.store.read
        .selectFrom('audit')
        .selectAll()
        .where('chain', '=', 'shop')
        .orderBy('seq')
        .execute();
      let before = '';
      for (const row of rows) {
        expect(row.prev_hash).to.equal(before);
        expect(row.hash).to.equal(auditHash(row));
        before = row.hash;
      }
      expect(rows.length).to.be.greaterThan(2);
    });
  });
});

describe('a gate', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
    await test.engine.deliveries.accept(
      { app: 'shop', source: 'git-push', ref: 'refs/heads/main', before: ZERO, after: HEAD, pusher: 'user:ada' },
      'user:ada',
    );
    const first = await takeStep(test.engine.parts, 'r', KINDS);
    const gate = {
      name: 'gray/approve',
      stage: 'gray',
      needs: [],
      timeout: 1000,
      kind: 'approve',
      spec: { role: 'release-manager', count: 2, expires: 60_000 },
    };
    const next = { name: 'gray/share', stage: 'gray', needs: ['gray/approve'], timeout: 1000, kind: 'share', spec: {} };
    await finishStep(test.engine.parts, first as StepLease, {
      end: 'planned',
      plan: plan(gate as PlannedStep, next as unknown as PlannedStep),
    });
    const waiting = await takeStep(test.engine.parts, 'r', KINDS);
    await finishStep(test.engine.parts, waiting as StepLease, { end: 'waiting', reason: 'waits for 2 people' });
  });
  afterEach(() => test.close());

  const vote = (user: string, yes: 'yes' | 'no' = 'yes', more: object = {}) =>
    test.engine.approvals.decide({ app: 'shop', user, vote: yes, reason: '', ...more });

  it('opens when enough different people said yes', async () => {
    expect(await vote('ada')).to.include({ state: 'requested', missing: 1 });
    const again = await vote('ada').catch((e: { code: string }) => e.code);
    expect(again).to.equal('already-voted');
    expect(await vote('bob')).to.include({ state: 'granted', missing: 0 });
    expect((await takeStep(test.engine.parts, 'r', KINDS))?.name).to.equal('gray/share');
  });

  it('ends the run when somebody says no, with their reason', async () => {
    await vote('bob', 'no', { reason: 'not on a Friday' });
    const { row } = await test.engine.runs.find('shop', 1);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.equal('gray/approve: rejected by bob: not on a Friday');
  });

  it('refuses a yes for another release than the one that was shown', async () => {
    const code = await vote('ada', 'yes', { shownHash: 'f'.repeat(64) }).catch((e: { code: string }) => e.code);
    expect(code).to.equal('approval-changed');
  });

  it('refuses when nothing waits, and names the next command', async () => {
    await vote('bob', 'no');
    const error = await vote('ada').catch((e: { code: string; next: string }) => e);
    expect(error).to.include({ code: 'nothing-waits', next: 'see what its runs do: gantry run list shop' });
  });
});

describe('going back', () => {
  it('is refused with a reason when there is nothing to go back to', async () => {
    const test = await makeEngine();
    try {
      await test.engine.apps.create('shop', 'user:ada');
      const error = await test.engine.runs
        .rollback({ app: 'shop', reason: '' }, 'user:ada')
        .catch((e: { code: string; next: string }) => e);
      expect(error).to.include({ code: 'nothing-to-roll-back', next: 'see its releases: gantry release list shop' });
    } finally {
      await test.close();
    }
  });
});

describe('the name of an app', () => {
  it('must be free and fit into a host name', async () => {
    const test = await makeEngine();
    try {
      await test.engine.apps.create('shop', 'user:ada');
      const code = (name: string) =>
        test.engine.apps.create(name, 'user:ada').then(
          () => 'made',
          (e: { code: string }) => e.code,
        );
      expect(await code('shop')).to.equal('app-taken');
      for (const bad of ['', 'Shop', '1shop', 'shop-', 'a_b', 'a.b', '../x', 'x'.repeat(41), 'gantry']) {
        expect(await code(bad), bad).to.equal('app-name');
      }
      expect(await code('a')).to.equal('made');
    } finally {
      await test.close();
    }
  });
});
