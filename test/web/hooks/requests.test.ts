import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { expect } from 'chai';
import { makeEngineIn } from '../../support/engine';
import { headersOf } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse, startHouseWeb } from '../support/house';
import { guestIn } from '../support/people';
import { until } from '../support/until';
import { ConnectedApp } from './support';

interface Item {
  number: number;
  state: string;
  head: string;
  origin: string;
  waits: boolean;
  allowedBy: string | null;
  run: number | null;
}

/** What each forge tells of request 7, in the words of its documentation, and where it keeps the head. */
const FORGES = {
  github: {
    ref: 'refs/pull/7/head',
    event: 'pull_request',
    opened: { action: 'opened', number: 7 },
    moved: { action: 'synchronize', number: 7 },
    closed: { action: 'closed', number: 7 },
    other: { action: 'labeled', number: 7 },
  },
  gitea: {
    ref: 'refs/pull/7/head',
    event: 'pull_request',
    opened: { action: 'opened', number: 7 },
    moved: { action: 'synchronized', number: 7 },
    closed: { action: 'closed', number: 7 },
    other: { action: 'label_updated', number: 7 },
  },
  gitlab: {
    ref: 'refs/merge-requests/7/head',
    event: 'Merge Request Hook',
    opened: { object_attributes: { iid: 7, action: 'open' } },
    moved: { object_attributes: { iid: 7, action: 'update', oldrev: 'a'.repeat(40) } },
    closed: { object_attributes: { iid: 7, action: 'merge' } },
    other: { object_attributes: { iid: 7, action: 'update' } },
  },
  gitee: {
    ref: 'refs/pull/7/head',
    event: 'Merge Request Hook',
    opened: { action: 'open', number: 7 },
    moved: { action: 'update', action_desc: 'source_branch_changed', number: 7 },
    closed: { action: 'merge', number: 7 },
    other: { action: 'update', action_desc: 'update_label', number: 7 },
  },
} as const;
/** Of Bitbucket Data Center the event says what has happened. */
const EVENTS = { opened: 'pr:opened', moved: 'pr:from_ref_updated', closed: 'pr:merged', other: 'pr:comment:added' };
type Step = keyof typeof EVENTS;

describe('a pull or merge request', () => {
  let house: House;
  let tree: WorkTree;
  let app: ConnectedApp;
  let main: string;
  beforeEach(async () => {
    tree = await WorkTree.make();
    main = await tree.commit('a.txt', 'one');
    house = await makeHouse();
    app = await ConnectedApp.make(house, tree.folder);
  });
  afterEach(async () => {
    await house.close();
    await tree.remove();
  });

  /** A commit that no branch stands at, as a fork brings it. */
  const headOfFork = async (text: string, ref = FORGES.github.ref as string) => {
    await tree.git('checkout', '-q', '--detach');
    const commit = await tree.commit('fork.txt', text);
    await tree.git('update-ref', ref, commit);
    await tree.git('checkout', '-q', 'main');
    return commit;
  };
  const headOfBranch = async (text: string, ref = FORGES.github.ref as string) => {
    await tree.git('checkout', '-q', '-B', 'feature');
    const commit = await tree.commit('branch.txt', text);
    await tree.git('update-ref', ref, commit);
    await tree.git('checkout', '-q', 'main');
    return commit;
  };
  const callAs = (forge: keyof typeof FORGES | 'bitbucket-dc', step: Step, id = randomUUID() as string) => {
    const { event, body } =
      forge === 'bitbucket-dc'
        ? { event: EVENTS[step], body: { pullRequest: { id: 7 } } }
        : { event: FORGES[forge].event, body: FORGES[forge][step] };
    const bytes = Buffer.from(JSON.stringify(body));
    const time = forge === 'gitee' ? undefined : id;
    return app.call(forge, headersOf[forge](app.secret, bytes, time, event), bytes);
  };
  const call = (step: Step, id?: string) => callAs('github', step, id);
  const quiet = () => until(() => app.isQuiet());
  const requests = async () => (await house.json<{ items: Item[] }>('/api/v1/apps/storefront/requests')).items;
  const runs = async () => (await app.runs()).map(({ ref, commit }) => `${ref} ${commit}`);
  const allow = (head: string, number = 7) => house.post(`/api/v1/apps/storefront/requests/${number}/allow`, { head });
  const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

  const senders = [
    ...Object.entries(FORGES).map(([forge, { ref }]) => [forge, ref] as const),
    ['bitbucket-dc', 'refs/pull-requests/7/from'] as const,
  ] as [Parameters<typeof callAs>[0], string][];
  for (const [forge, ref] of senders) {
    it(`of ${forge} has a run of each head that it has, and none when nothing moved`, async () => {
      const first = await headOfBranch('one', ref);
      expect((await callAs(forge, 'opened')).status).to.equal(202);
      await quiet();
      const second = await headOfBranch('two', ref);
      await callAs(forge, 'moved');
      await quiet();
      expect((await callAs(forge, 'other')).status).to.equal(200);
      expect((await app.hooks())[0]).to.include({ outcome: 'ignored' });
      expect(await runs()).to.deep.equal([`${ref} ${second}`, `${ref} ${first}`]);
      expect((await requests())[0]).to.deep.include({
        number: 7,
        state: 'open',
        head: second,
        origin: 'branch',
        run: 2,
      });
      await callAs(forge, 'closed');
      await quiet();
      expect((await requests())[0]).to.include({ state: 'closed' });
      expect((await house.engine.runs.list({ limit: 10 })).map(({ state }) => state)).to.deep.equal([
        'cancelled',
        'cancelled',
      ]);
    });
  }

  it('of a fork runs when somebody has allowed that very commit, and asks again for the next one [S10]', async () => {
    const first = await headOfFork('harmless');
    await call('opened');
    await quiet();
    expect(await runs()).to.deep.equal([]);
    expect((await app.hooks())[0]?.reason)
      .to.include('comes from a fork')
      .and.include('gantry request allow storefront 7');
    expect((await requests())[0]).to.deep.include({ origin: 'fork', waits: true, head: first, run: null });
    expect(await codeOf(await allow(main)), 'another commit').to.equal('request-moved');
    expect(await codeOf(await allow(first, 8))).to.equal('request-unknown');
    expect(await runs()).to.deep.equal([]);
    expect((await allow(first)).status).to.equal(200);
    expect(await runs()).to.deep.equal([`${FORGES.github.ref} ${first}`]);
    expect((await requests())[0]).to.deep.include({ waits: false, allowedBy: 'user:owner', run: 1 });
    expect(await codeOf(await allow(first)), 'once').to.equal('request-has-run');
    const second = await headOfFork('evil');
    await call('moved');
    await quiet();
    expect(await runs()).to.have.length(1);
    expect((await requests())[0]).to.deep.include({ waits: true, head: second, allowedBy: null, run: null });
    expect(await codeOf(await allow(first)), 'the one before').to.equal('request-moved');
  });

  it('is a fork by what the source has, and not by what the hook says [S4]', async () => {
    const head = await headOfFork('evil');
    const lie = { action: 'opened', number: 7, pull_request: { head: { sha: main, repo: { fork: false } } } };
    const body = Buffer.from(JSON.stringify(lie));
    await app.call('github', headersOf.github(app.secret, body, 'lie', 'pull_request'), body);
    await quiet();
    expect(await runs()).to.deep.equal([]);
    expect((await requests())[0]).to.deep.include({ origin: 'fork', head });
  });

  it('that was closed is not allowed any more, and runs again when it was opened again', async () => {
    const head = await headOfFork('one');
    await call('opened');
    await call('closed');
    await quiet();
    expect(await codeOf(await allow(head))).to.equal('request-closed');
    await call('opened');
    await quiet();
    expect((await allow(head)).status).to.equal(200);
  });

  it('that was closed and is opened again at the same head is built again', async () => {
    const head = await headOfBranch('one');
    for (const step of ['opened', 'closed', 'opened'] as const) {
      await call(step);
      await quiet();
    }
    expect(await runs()).to.deep.equal([`${FORGES.github.ref} ${head}`, `${FORGES.github.ref} ${head}`]);
    expect((await requests())[0]).to.include({ state: 'open', run: 2 });
  });

  it('that was closed stays so when what was told before it is followed later', async () => {
    await headOfBranch('one');
    await call('opened');
    await quiet();
    await headOfBranch('two');
    await rename(tree.folder, `${tree.folder}-moved`);
    await call('moved', 'late');
    await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
    await rename(`${tree.folder}-moved`, tree.folder);
    await call('closed');
    await quiet();
    const late = async () => (await app.hooks()).find(({ delivery }) => delivery === 'late');
    expect(await late()).to.include({ outcome: 'known', reason: 'it was closed' });
    await house.engine.parts.store.write((tx) =>
      tx
        .updateTable('hook_deliveries')
        .set({ outcome: 'pending', reason: '', not_before: 0 })
        .where('delivery_id', '=', 'late')
        .execute(),
    );
    await house.restart();
    await quiet();
    expect(await late(), 'fetched by another web meanwhile').to.include({ outcome: 'known', reason: 'it was closed' });
    expect((await requests())[0]).to.include({ state: 'closed' });
    expect(await runs()).to.have.length(1);
  });

  it('of a fork is allowed by who may run every app of its repository, and each of them records it', async () => {
    await house.post('/api/v1/apps', { name: 'stock', path: 'stock', repository: 'storefront' });
    const head = await headOfFork('one');
    await call('opened');
    await quiet();
    const ada = await guestIn(house, 'ada', 'developer', 'storefront');
    const allowed = async () => (await ada.post('/api/v1/apps/storefront/requests/7/allow', { head })).status;
    expect(await allowed(), 'she does not see the other').to.equal(404);
    await house.engine.users.grant({ user: 'ada', role: 'viewer', app: 'stock' }, 'rule:test');
    expect(await allowed()).to.equal(403);
    await house.engine.users.grant({ user: 'ada', role: 'developer', app: 'stock' }, 'rule:test');
    expect(await allowed()).to.equal(200);
    const { items } = await house.json<{ items: { chain: string; action: string }[] }>('/api/v1/audit');
    const chains = items.filter(({ action }) => action === 'request.allow').map(({ chain }) => chain);
    expect(chains).to.have.members(['storefront', 'stock']);
  });

  it('is remembered for a year after it was closed', async () => {
    await headOfFork('one');
    await call('opened');
    await call('closed');
    await quiet();
    await house.engine.parts.store.write((tx) =>
      tx.updateTable('requests').set({ updated_at: 1, number: 6 }).execute(),
    );
    await call('closed');
    await quiet();
    expect(await requests()).to.deep.equal([]);
  });

  it('of which a hundred copies come to two webs, across a restart, makes one run [F34]', async () => {
    await headOfBranch('one');
    const { engine, close } = await makeEngineIn(house.home);
    const other = await startHouseWeb(engine, house.home, 'two');
    const send = async (url: string, i: number) => {
      const body = Buffer.from(JSON.stringify(FORGES.github.opened));
      const headers = headersOf.github(app.secret, body, `copy-${i % 7}`, 'pull_request');
      return (await fetch(`${url}/hooks/storefront/github`, { method: 'POST', headers, body })).status;
    };
    const half = (from: number) =>
      Promise.all(Array.from({ length: 50 }, (_, i) => send(i % 2 === 0 ? other.url : house.web.url, from + i)));
    const statuses = await half(0);
    await house.restart();
    statuses.push(...(await half(50)));
    expect(new Set(statuses)).to.deep.equal(new Set([200, 202]));
    await quiet();
    await other.stop();
    await close();
    expect(await runs()).to.have.length(1);
    expect(await app.hooks()).to.have.length(7);
  }).timeout(20_000);

  it('is no branch: its head is neither shown to others, nor pushed to, nor taken for a push', async () => {
    await headOfBranch('one');
    await call('opened');
    await quiet();
    await house.restart();
    const url = house.web.url.replace('//', `//x:${house.token}@`);
    const listed = await tree.git('ls-remote', `${url}/git/storefront.git`);
    expect(listed.text).to.not.include('refs/gantry');
    const pushed = await tree.git('push', `${url}/git/storefront.git`, 'main:refs/gantry/requests/7');
    expect(pushed.code).to.not.equal(0);
    expect((await house.engine.deliveries.heads((await house.engine.apps.find('storefront')).id)).size).to.equal(0);
    expect(await runs()).to.have.length(1);
  });

  for (const number of ['0', '-1', '1e3', '9'.repeat(12), 'x', '../../heads/main']) {
    it(`with the number ${JSON.stringify(number)} is refused`, async () => {
      const body = Buffer.from(JSON.stringify({ action: 'opened', number }));
      const answer = await app.call('github', headersOf.github(app.secret, body, 'odd', 'pull_request'), body);
      expect(answer.status).to.equal(400);
    });
  }
});
