import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Vote } from '../../../engine/approvals/decide';
import type { ApprovalShown } from '../../../engine/approvals/show';
import { GantryError } from '../../../engine/model/errors';
import { performEffect } from '../../../engine/steps/effect';
import type { Tx } from '../../../engine/store/store';
import { type House, makeHouse } from '../../support/house';
import { takeStep } from '../../support/take-step';
import { addPerson, grant, revoke } from './people';

const run = promisify(execFile);

const filesOf = (gates: string): Record<string, string> => ({
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
${gates}
`,
});

const ONE = '  production: { approve: { role: release-manager } }';
const TWO = '  production: { approve: { role: release-manager, count: 2 } }';

describe('an approval', function () {
  this.timeout(30_000);
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true, patienceMs: 20_000 });
    await addPerson(house.engine, 'ada', 'developer', 'release-manager', 'admin');
    await addPerson(house.engine, 'grace', 'release-manager');
    await addPerson(house.engine, 'eve', 'release-manager');
    await addPerson(house.engine, 'olga', 'operator');
    await addPerson(house.engine, 'victor', 'viewer');
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  /** A push whose run waits at its gate. */
  const untilGate = async (gates = ONE): Promise<ApprovalShown> => {
    const number = await house.push('shop', filesOf(gates));
    const { row } = await house.settled('shop', number);
    expect(row.state, row.reason).to.equal('waiting');
    return gateNow();
  };
  const gateNow = async (run = 1): Promise<ApprovalShown> => {
    const { approvals } = await house.engine.runs.show('shop', run);
    const gate = approvals.at(-1);
    if (gate === undefined) throw new Error('nobody was asked');
    return gate;
  };
  const say = async (user: string, more: Partial<Vote> = {}) =>
    house.engine.approvals.decide({
      ...{ app: 'shop', user, vote: 'yes', reason: '', shown: (await gateNow()).boundHash },
      ...more,
    });
  const refused = async (answer: Promise<unknown>): Promise<string> => {
    const error = await answer.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof GantryError)) throw new Error(`it was not refused: ${String(error)}`);
    return error.code;
  };
  const lastRefusal = async () => {
    const entries = await house.engine.audit.list({ limit: 100 });
    const { actor, detail } = entries.find(({ action }) => action === 'approval.refuse') ?? {};
    return `${actor} ${(detail as { code?: string } | undefined)?.code}`;
  };
  const tamper = (change: (tx: Tx) => Promise<unknown>) => house.engine.parts.store.write(change);

  describe('of somebody', () => {
    beforeEach(() => untilGate());

    it('is not taken from who wrote, pushed or started the change, whatever their roles [S27]', async () => {
      expect(await refused(say('ada'))).to.equal('approval-own');
      expect(await lastRefusal()).to.equal('user:ada approval-own');
      expect((await gateNow()).votes).to.deep.equal([]);
    });

    it('is not taken without the role that the gate asks for', async () => {
      expect(await refused(say('victor'))).to.equal('role-missing');
      expect(await refused(say('nobody'))).to.equal('role-missing');
      expect(await refused(say('victor', { vote: 'no' }))).to.equal('role-missing');
    });

    it('is not taken from a token, nor for nothing that was shown [S26] [S27]', async () => {
      expect(await refused(say('grace', { byToken: true }))).to.equal('person-needed');
      const unseen = { app: 'shop', user: 'grace', vote: 'yes', reason: '' } as const;
      expect(await refused(house.engine.approvals.decide(unseen))).to.equal('approval-unseen');
      expect(await refused(say('grace', { shown: 'f'.repeat(64) }))).to.equal('approval-changed');
      expect(await lastRefusal()).to.equal('user:grace approval-changed');
      expect((await gateNow()).state).to.equal('requested');
    });

    it('opens the gate, is used once, and names by whom [S28]', async () => {
      expect(await say('grace')).to.include({ state: 'granted', missing: 0 });
      const { row } = await house.settled('shop', 1);
      expect(row.state).to.equal('succeeded');
      expect(await gateNow()).to.include({ state: 'consumed', usedBy: 'production/promote' });
      expect(await refused(say('eve'))).to.equal('nothing-waits');
    });

    it('is not taken after the question has expired [F33] [S28]', async () => {
      await tamper((tx) => tx.updateTable('approvals').set({ expires_at: 1 }).execute());
      expect(await refused(say('grace'))).to.equal('approval-expired');
    });
  });

  it('that nobody gives in time ends the run', async () => {
    await untilGate();
    expect(await house.engine.approvals.endExpired()).to.equal(0);
    await tamper((tx) => tx.updateTable('approvals').set({ expires_at: 1 }).execute());
    expect(await house.engine.approvals.endExpired()).to.equal(1);
    const { row } = await house.settled('shop', 1);
    expect(row).to.include({ state: 'failed', reason: 'production/approve: nobody decided in time' });
    expect(await gateNow()).to.include({ state: 'voided', why: 'nobody decided in time' });
  });

  it('is of different people, and one of them may take theirs back', async () => {
    await untilGate(TWO);
    expect(await say('grace')).to.include({ state: 'requested', missing: 1 });
    expect(await refused(say('grace'))).to.equal('already-voted');
    expect(await house.engine.approvals.withdraw({ app: 'shop', user: 'grace', reason: '' })).to.include({
      missing: 2,
    });
    expect(await refused(house.engine.approvals.withdraw({ app: 'shop', user: 'eve', reason: '' }))).to.equal(
      'not-voted',
    );
    await say('grace');
    expect(await say('eve')).to.include({ state: 'granted' });
    expect((await house.settled('shop', 1)).row.state).to.equal('succeeded');
  });

  it('is asked for again when what it is bound to has changed under it [S26] [S28]', async () => {
    const asked = await untilGate(TWO);
    await say('grace');
    await tamper((tx) => tx.updateTable('environments').set({ cluster: 'elsewhere' }).execute());
    expect(await refused(say('eve'))).to.equal('approval-changed');
    const again = await gateNow();
    expect(again).to.include({ state: 'requested', why: 'what it was bound to has changed' });
    expect(again.votes).to.deep.equal([]);
    expect(again.boundHash).to.not.equal(asked.boundHash);
    expect(again.bound?.target).to.deep.equal({ environment: 'production', cluster: 'elsewhere' });
  });

  it('counts only while its voter has the role: lost before it is used, people are asked again [S28]', async () => {
    await untilGate(TWO);
    await say('grace');
    await revoke(house.engine, 'grace', 'release-manager');
    expect(await say('eve')).to.include({ state: 'requested', missing: 1 });
    await grant(house.engine, 'grace', 'release-manager');
    await house.worker.drain(1_000); // nobody takes the next step yet
    await house.engine.approvals.withdraw({ app: 'shop', user: 'eve', reason: '' });
    expect(await say('eve')).to.include({ state: 'granted' });
    await revoke(house.engine, 'grace', 'release-manager');
    const lease = await takeStep(house.engine.parts, 'test', { kinds: ['promote'], pools: 'all' });
    if (lease === undefined) throw new Error('promote was not taken');
    const acted: string[] = [];
    const effect = {
      ...{ target: 'route production', intent: null, find: async () => undefined },
      act: async () => acted.push('acted'),
    };
    expect(await refused(performEffect(house.engine.parts, lease, effect))).to.equal('lease-lost');
    expect(acted).to.deep.equal([]);
    const shown = await house.engine.runs.show('shop', 1);
    expect(shown.state).to.equal('waiting');
    expect(shown.waitsDetail.join('; ')).to.contain('grace is no release-manager any more');
    expect(await gateNow()).to.include({ state: 'requested' });
  });

  it('says before anything is built that a gate could never open, and who is missing', async () => {
    await revoke(house.engine, 'grace', 'release-manager');
    const number = await house.push('shop', filesOf(TWO));
    const { row } = await house.settled('shop', number);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.contain('production/approve could never open: it asks for 2 people');
    expect(row.reason).to.contain('only eve may decide').and.contain('ada wrote a commit of it');
    expect(row.reason).to.contain('gantry role grant NAME release-manager --app shop');
  });

  it('is not of who wrote a commit that somebody else has merged, nor of who is named beside them', async () => {
    const first = await untilGate();
    expect(first.state).to.equal('requested');
    await say('grace');
    await house.settled('shop', 1);
    const as = (who: string) => ['-c', `user.name=${who}`, '-c', `user.email=${who}@example.org`];
    const git = (who: string, ...args: string[]) =>
      run('git', ['-C', join(house.folder, 'work', 'shop'), ...as(who), ...args]);
    await git('eve', 'checkout', '-q', '-b', 'work');
    await git('eve', 'commit', '-q', '--allow-empty', '-m', 'better');
    await git('ada', 'checkout', '-q', 'main');
    await git('ada', 'merge', '-q', '--no-ff', '-m', 'merged\n\nCo-authored-by: Olga <olga@example.org>', 'work');
    await git('ada', 'push', '-q', join(house.folder, 'git', 'shop.git'), 'main');
    const { stdout } = await git('ada', 'rev-parse', 'HEAD');
    await grant(house.engine, 'olga', 'release-manager');
    await house.settled('shop', await house.push('shop', stdout.trim()));
    const { boundHash } = await gateNow(2);
    const of = { run: 2, shown: boundHash };
    for (const user of ['ada', 'eve', 'olga']) expect(await refused(say(user, of)), user).to.equal('approval-own');
    expect(await say('grace', of)).to.include({ state: 'granted' });
  });

  it('is not of who started the run once more', async () => {
    await untilGate();
    await house.engine.runs.cancel({ app: 'shop', run: 1, reason: '' }, 'user:ada');
    await house.settled('shop', 1);
    const { run: number } = await house.engine.runs.restart({ app: 'shop', run: 1, reason: '' }, 'user:grace');
    house.worker.wake();
    await house.settled('shop', number);
    const { boundHash } = await gateNow(number);
    const of = { run: number, shown: boundHash };
    for (const user of ['ada', 'grace']) expect(await refused(say(user, of)), user).to.equal('approval-own');
    expect(await say('eve', of)).to.include({ state: 'granted' });
  });

  it('could be of whoever wrote it, when neither its address nor its pusher is known: the gate never opens', async () => {
    const bare = join(house.folder, 'git', 'shop.git');
    await untilGate();
    const as = ['-c', 'user.name=M', '-c', 'user.email=m@elsewhere.org'];
    const git = (...args: string[]) => run('git', ['-C', join(house.folder, 'work', 'shop'), ...as, ...args]);
    await git('commit', '-q', '--allow-empty', '-m', 'mine');
    await git('push', '-q', bare, 'HEAD:refs/heads/main');
    const after = (await git('rev-parse', 'HEAD')).stdout.trim();
    const before = (await git('rev-parse', 'HEAD~')).stdout.trim();
    const push = { app: 'shop', source: 'github', ref: 'refs/heads/main', before, after, pusher: 'github' };
    await house.engine.deliveries.accept(push, 'forge:github');
    house.worker.wake();
    const { row } = await house.settled('shop', 2);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.contain('is by m@elsewhere.org, which is linked to nobody');
    expect(row.reason).to.contain('gantry user link NAME --email m@elsewhere.org');
  });

  it('is bound to the release in production, beyond which its commits were counted', async () => {
    expect((await untilGate()).bound).to.include({ beyond: '' });
    await say('grace');
    await house.settled('shop', 1);
    await house.settled('shop', await house.push('shop', { 'more.txt': 'more' }));
    const { bound } = await gateNow(2);
    expect(bound?.beyond)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(bound?.release);
    await tamper((tx) =>
      tx
        .updateTable('releases')
        .set({ hash: 'e'.repeat(64) })
        .where('number', '=', 1)
        .execute(),
    );
    const { boundHash } = await gateNow(2);
    expect(await refused(say('grace', { run: 2, shown: boundHash }))).to.equal('approval-changed');
    expect((await gateNow(2)).bound).to.include({ beyond: 'e'.repeat(64) });
  });

  it('needs nobody else as long as there is one person', async () => {
    const alone = await makeHouse({ hasty: true, patienceMs: 20_000 });
    try {
      await alone.engine.users.first('ada');
      await alone.engine.apps.create('shop', 'user:ada');
      const number = await alone.push('shop', filesOf(ONE));
      await alone.settled('shop', number);
      const answer = { app: 'shop', user: 'ada', vote: 'yes', reason: '', byToken: true } as const;
      expect(await alone.engine.approvals.decide(answer)).to.include({ state: 'granted' });
      expect((await alone.settled('shop', number)).row.state).to.equal('succeeded');
    } finally {
      await alone.close();
    }
  });

  describe('in an emergency', () => {
    beforeEach(() => untilGate(TWO));
    const breakGlass = (user: string, reason = 'payments fail') => say(user, { breaksGlass: true, reason });
    const review = (user: string) =>
      house.engine.approvals.review({ app: 'shop', run: 1, user, verdict: 'right', note: 'the fix was right' });

    it('is one voice with a reason, is told loudly, and somebody else reviews it [S47]', async () => {
      expect(await refused(breakGlass('olga', ''))).to.equal('reason-needed');
      const { state, reviewDue } = await breakGlass('olga');
      expect(state).to.equal('granted');
      expect(reviewDue).to.be.closeTo(Date.now() + 24 * 3_600_000, 60_000);
      expect((await house.settled('shop', 1)).row.state).to.equal('succeeded');
      const actions = (await house.engine.audit.list({ limit: 1_000 })).map(({ action }) => action);
      expect(actions).to.include('approval.break-glass');
      expect(await house.engine.approvals.glass({ toReview: true })).to.have.length(1);
      expect(await refused(review('olga'))).to.equal('review-own');
      expect(await refused(review('ada'))).to.equal('review-own');
      expect(await refused(review('victor'))).to.equal('role-missing');
      expect(await review('grace')).to.deep.equal({ run: 1, steps: ['production/approve'] });
      expect(await house.engine.approvals.glass({ toReview: true })).to.deep.equal([]);
      expect(await refused(review('eve'))).to.equal('nothing-to-review');
    });

    it('never is of who took part, of who decides nothing, of a token, or of something that was not shown [S47]', async () => {
      expect(await refused(breakGlass('ada'))).to.equal('approval-own');
      expect(await refused(breakGlass('victor'))).to.equal('role-missing');
      expect(await refused(say('olga', { breaksGlass: true, reason: 'x', byToken: true }))).to.equal('person-needed');
      const other = { breaksGlass: true, reason: 'x', shown: 'f'.repeat(64) };
      expect(await refused(say('olga', other))).to.equal('approval-changed');
    });

    it('needs no review when two people do it, and takes two when a review was never done', async () => {
      await tamper(async (tx) => {
        const { id, app_id, run_id } = await tx.selectFrom('approvals').selectAll().executeTakeFirstOrThrow();
        const gate = { app_id, run_id, approval_id: id, step: 'x', broken_by: 'olga', reason: '', broken_at: 1 };
        const open = { reviewed_at: null, reviewed_by: null, verdict: null, note: '', review_due: 2 };
        await tx
          .insertInto('glass_breaks')
          .values({ id: 'earlier' as never, ...gate, ...open })
          .execute();
      });
      expect(await refused(breakGlass('olga'))).to.equal('review-overdue');
      await say('grace');
      expect(await breakGlass('olga')).to.include({ state: 'granted', reviewDue: null });
    });
  });
});
