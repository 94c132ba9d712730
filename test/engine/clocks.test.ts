import { expect } from 'chai';
import { finishStep } from '../../engine/steps/finish';
import type { Plan } from '../../pipelines/types';
import { makeEngine, type TestEngine } from '../support/engine';
import { takeStep } from '../support/take-step';

const KINDS = { kinds: ['plan', 'command'] };
/** How far the runner's clock is ahead of the database's, ms. */
const AHEAD = 60_000;

const step = (name: string, needs: string[]) => ({
  name,
  needs,
  stage: 'build',
  timeout: 60_000,
  kind: 'command',
  spec: {},
});
const PLAN = {
  format: 1,
  app: 'shop',
  pipelineHash: 'p'.repeat(64),
  stages: [],
  build: { artifact: null, image: null, commands: [], order: 'newest', pool: 'default' },
  steps: [step('first', []), step('second', ['first'])],
} as unknown as Plan;

describe('a runner whose clock is ahead', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine({ clock: { now: () => Date.now() + AHEAD } });
    await test.engine.apps.create('shop', 'user:ada');
    const push = { source: 'git-push', ref: 'refs/heads/main', before: '0'.repeat(40), after: 'a'.repeat(40) };
    await test.engine.deliveries.accept({ ...push, app: 'shop', pusher: 'user:ada' }, 'user:ada');
  });
  afterEach(() => test.close());

  const take = async () => {
    const lease = await takeStep(test.engine.parts, 'r1', KINDS);
    if (lease === undefined) throw new Error('there was no step to take');
    return lease;
  };

  it('does not keep the next step from being taken at once [F33]', async () => {
    await finishStep(test.engine.parts, await take(), { end: 'planned', plan: PLAN });
    await finishStep(test.engine.parts, await take(), { end: 'succeeded', output: null });
    expect((await take()).name).to.equal('second');
  });

  it('does not make a step wait longer before it is tried again [F33]', async () => {
    const reason = 'Docker does not answer';
    await finishStep(test.engine.parts, await take(), { end: 'failed', fault: 'world', reason, next: '' });
    const { not_before } = await test.engine.parts.store.read
      .selectFrom('steps')
      .select('not_before')
      .executeTakeFirstOrThrow();
    expect(not_before - Date.now()).to.be.below(AHEAD / 2);
  });
});

describe('a web process whose clock is ahead', () => {
  it('does not keep another one from following a hook that it has answered [F33]', async () => {
    let ahead = AHEAD;
    const test = await makeEngine({ clock: { now: () => Date.now() + ahead } });
    try {
      const { id: appId } = await test.engine.apps.create('shop', 'user:ada');
      const move = { ref: 'refs/heads/main', after: 'a'.repeat(40) };
      const hook = { appId, forge: 'github', deliveryId: 'one', event: 'push', move, ignored: '' };
      for (const known of [false, true]) {
        ahead = AHEAD;
        expect(await test.engine.hooks.receive(hook)).to.include({ known, outcome: 'pending' });
        ahead = 0;
        expect(await test.engine.hooks.appsDue()).to.deep.equal([{ id: appId, name: 'shop' }]);
      }
    } finally {
      await test.close();
    }
  });
});
