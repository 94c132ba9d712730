import { expect } from 'chai';
import { HOOK_BODY_MAX, HOOK_MOVES_MAX } from '../../../web/limits';
import { makeEngineIn } from '../../support/engine';
import { bodyOf, headersOf, WatchedGit } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse, startHouseWeb } from '../support/house';
import { until } from '../support/until';
import { ConnectedApp } from './support';

describe('a webhook', () => {
  let house: House;
  let tree: WorkTree;
  let git: WatchedGit;
  let app: ConnectedApp;
  let head: string;
  beforeEach(async () => {
    git = await WatchedGit.make();
    house = await makeHouse({}, { programs: git.programs });
    tree = await WorkTree.make();
    head = await tree.commit('a.txt', 'one');
    app = await ConnectedApp.make(house, tree.folder);
  });
  afterEach(async () => {
    git.release();
    await house.close();
    await tree.remove();
    await git.remove();
  });

  const push = bodyOf('github-push');

  const senders: [keyof typeof headersOf, string, string, string | null][] = [
    ['github', 'github', 'github-push', 'github zoe'],
    ['gitlab', 'gitlab', 'gitlab-push', 'gitlab zoe'],
    ['standard', 'gitlab', 'gitlab-push', 'gitlab zoe'],
    ['gitea', 'gitea', 'gitea-push', 'gitea zoe'],
    ['forgejo', 'gitea', 'forgejo-push', 'forgejo zoe'],
    ['bitbucket', 'bitbucket', 'bitbucket-push', 'bitbucket 557058:c0b72ad0-1cb5-4018-9cdc-0cde8492c443'],
    ['bitbucket-dc', 'bitbucket-dc', 'bitbucket-dc-push', 'bitbucket-dc zoe'],
    ['generic', 'generic', 'generic-push', null],
  ];
  /** Who pushed what was delivered last. */
  const pushers = async () => {
    const rows = await house.engine.parts.store.read
      .selectFrom('deliveries')
      .select('senders')
      .orderBy('id', 'desc')
      .execute();
    const senders = rows[0]?.senders ?? null;
    if (senders === null) return null;
    return (JSON.parse(senders) as { kind: string; name: string }[]).map(({ kind, name }) => `${kind} ${name}`).join();
  };
  for (const [sender, forge, fixture, pusher] of senders) {
    it(`of ${sender} makes a run of the commit that its branch really stands at, and keeps whose push it was`, async () => {
      const body = bodyOf(fixture);
      const answer = await app.call(forge, headersOf[sender](app.secret, body, 'one'), body);
      expect(answer.status).to.equal(202);
      expect(await answer.json()).to.deep.equal({ delivery: 'one', outcome: 'pending', reason: '', run: null });
      await until(() => app.isQuiet());
      expect(await app.runs()).to.have.length(1);
      expect((await app.runs())[0]).to.include({ commit: head, ref: 'refs/heads/main', startedBy: forge });
      expect((await app.hooks())[0]).to.include({ delivery: 'one', forge, outcome: 'run', run: 1 });
      expect(await pushers()).to.equal(pusher);
      const again = await app.call(forge, headersOf[sender](app.secret, body, 'one'), body);
      expect(again.status).to.equal(200);
      expect(await again.json()).to.include({ delivery: 'one', outcome: 'run', run: 1 });
      expect(git.fetches, 'its own clone address was not followed').to.have.length(1);
      expect(git.fetches[0]).to.include(` -- ${tree.folder} +refs/heads/main:refs/heads/main`);
    });
  }

  it('of anything else may carry the address of who pushed', async () => {
    const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: head, sender: 'zoe@example.org' }));
    await app.call('generic', headersOf.generic(app.secret, body), body);
    await until(() => app.isQuiet());
    expect(await pushers()).to.equal('email zoe@example.org');
  });

  it('whose sender is no login is followed, without one', async () => {
    for (const sender of [undefined, null, 7, {}, { login: 7 }, { login: '' }, { login: 'x'.repeat(201) }]) {
      const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: head, sender }));
      expect((await app.call('github', headersOf.github(app.secret, body), body)).status).to.equal(202);
    }
    await until(() => app.isQuiet());
    expect(await pushers()).to.equal(null);
  });

  it('of Gitee, which has no name, is known again by its time and its bytes', async () => {
    const body = bodyOf('gitee-push');
    const headers = headersOf.gitee(app.secret, body);
    expect((await app.call('gitee', headers, body)).status).to.equal(202);
    await until(() => app.isQuiet());
    expect((await app.runs())[0]).to.include({ commit: head, ref: 'refs/heads/main', startedBy: 'gitee' });
    expect(await pushers()).to.equal('gitee zoe');
    const again = await app.call('gitee', headers, body);
    expect(again.status).to.equal(200);
    expect(await again.json()).to.include({ outcome: 'run', run: 1 });
    const other = Buffer.from(body.toString().replaceAll('refs/heads/main', 'refs/heads/other'));
    expect((await app.call('gitee', headers, other)).status, 'another ref in the same millisecond').to.equal(202);
    await until(() => app.isQuiet());
    const later = headersOf.gitee(app.secret, body, String(Number(headers['x-gitee-timestamp']) + 1));
    expect((await app.call('gitee', later, body)).status, 'sent again from its page').to.equal(202);
    await until(() => app.isQuiet());
    expect((await app.hooks()).map(({ outcome }) => outcome)).to.deep.equal(['known', 'ignored', 'run']);
    expect(await app.runs()).to.have.length(1);
  });

  for (const forge of ['bitbucket', 'bitbucket-dc'] as const) {
    it(`of ${forge} makes a run of each ref that one push has moved, and none of a deleted one`, async () => {
      await tree.git('tag', 'v1.4.0');
      const body = bodyOf(`${forge}-refs-push`);
      const headers = headersOf[forge](app.secret, body, 'three');
      const answer = await app.call(forge, headers, body);
      expect(answer.status).to.equal(202);
      expect(await answer.json()).to.deep.equal({ delivery: 'three', outcome: 'pending', reason: '', run: null });
      await until(() => app.isQuiet());
      expect(new Set((await app.runs()).map(({ ref }) => ref))).to.deep.equal(
        new Set(['refs/heads/main', 'refs/tags/v1.4.0']),
      );
      const told = (await app.hooks()).map(({ delivery, ref, outcome }) => `${delivery} ${ref} ${outcome}`);
      expect(told).to.deep.equal([
        'three:3 refs/tags/v1.4.0 run',
        'three:2 refs/heads/main run',
        'three refs/heads/old ignored',
      ]);
      const again = await app.call(forge, headers, body);
      expect(again.status).to.equal(200);
      expect(await again.json()).to.include({ delivery: 'three', outcome: 'run' });
      expect(await app.runs()).to.have.length(2);
    });
  }

  it('that was stored in part is completed by a redelivery', async () => {
    const body = bodyOf('bitbucket-dc-refs-push');
    const source = await house.engine.hooks.secretOf('storefront');
    const named = { appId: source!.appId, forge: 'bitbucket-dc', deliveryId: 'half', event: 'repo:refs_changed' };
    const move = { ref: 'refs/heads/old', after: '0'.repeat(40) };
    await house.engine.hooks.receive({ ...named, move, ignored: '' });
    const answer = await app.call('bitbucket-dc', headersOf['bitbucket-dc'](app.secret, body, 'half'), body);
    expect(answer.status).to.equal(202);
    await until(() => app.isQuiet());
    expect((await app.runs())[0]).to.include({ commit: head, ref: 'refs/heads/main' });
  });

  it('of more refs than can be stored while a forge waits is refused with the number', async () => {
    const change = { ref: { id: 'refs/heads/main' }, toHash: head };
    const bodyWith = (count: number) => Buffer.from(JSON.stringify({ changes: new Array(count).fill(change) }));
    const call = (body: Buffer) => app.call('bitbucket-dc', headersOf['bitbucket-dc'](app.secret, body), body);
    const tooMany = await call(bodyWith(HOOK_MOVES_MAX + 1));
    expect(tooMany.status).to.equal(400);
    expect(await tooMany.text()).to.include(`names ${HOOK_MOVES_MAX + 1} refs`);
    expect(await app.hooks()).to.have.length(0);
    expect((await call(bodyWith(HOOK_MOVES_MAX))).status).to.equal(202);
    await until(() => app.isQuiet());
    expect(await (await call(bodyWith(0))).json()).to.include({ outcome: 'ignored', reason: 'the push names no ref' });
  }).timeout(10_000);

  it('of a tag makes a run of the tag', async () => {
    await tree.git('tag', 'v1.4.0');
    const body = bodyOf('gitlab-tag-push');
    await app.call('gitlab', headersOf.gitlab(app.secret, body, 'tag', 'Tag Push Hook'), body);
    await until(() => app.isQuiet());
    expect((await app.runs())[0]).to.include({ commit: head, ref: 'refs/tags/v1.4.0' });
  });

  it('in 50 copies at once, at two web processes, makes one run [F34]', async () => {
    const { engine, close } = await makeEngineIn(house.home);
    const other = await startHouseWeb(engine, house.home, 'other', { programs: git.programs });
    try {
      const headers = headersOf.github(app.secret, push, 'copied');
      const urls = [house.web.url, other.url];
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          fetch(`${urls[i % 2]}/hooks/storefront/github`, { method: 'POST', headers, body: new Uint8Array(push) }),
        ),
      );
      expect(answers.filter(({ status }) => status === 202)).to.have.length(1);
      expect(answers.filter(({ status }) => status === 200)).to.have.length(49);
      await until(() => app.isQuiet());
      await app.call('github', headers, push);
      await until(() => app.isQuiet());
      expect(await app.runs()).to.have.length(1);
      expect(await app.hooks()).to.have.length(1);
    } finally {
      await other.stop();
      await close();
    }
  }).timeout(10_000);

  it('that was captured and is sent under a new id finds nothing new [S3]', async () => {
    await app.call('github', headersOf.github(app.secret, push, 'first'), push);
    await until(() => app.isQuiet());
    await app.call('github', headersOf.github(app.secret, push, 'second'), push);
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
    expect((await app.hooks())[0]).to.include({ delivery: 'second', outcome: 'known', run: 1 });
    expect((await app.hooks())[0]?.reason).to.include('already');
  });

  it('is answered before anything is fetched, fast', async () => {
    git.hold();
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      const answer = await app.call('github', headersOf.github(app.secret, push), push);
      times.push(performance.now() - started);
      expect(answer.status).to.equal(202);
    }
    expect(times.toSorted((a, b) => a - b)[18]).to.be.below(250);
    expect(await app.runs()).to.have.length(0);
    git.release();
    await until(() => app.isQuiet());
    expect(await app.runs(), 'all of them are one move').to.have.length(1);
    expect(git.fetches.length).to.be.below(4);
  });

  it('is refused with the same words whatever is wrong, and starts nothing [S1]', async () => {
    await house.post('/api/v1/apps', { name: 'ledger' });
    const before = git.caused.length;
    const right = headersOf.github(app.secret, push);
    const { 'x-hub-signature-256': _left, ...sha1 } = right;
    const tries = [
      await app.call('github', { ...right, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, push),
      await app.call('github', { ...right, 'x-hub-signature-256': '' }, push),
      await app.call('github', sha1, push),
      await app.call('gitlab', right, push),
      await app.call('gitea', right, push),
      await app.call('bitbucket', right, push),
      await app.call('bitbucket-dc', right, push),
      await app.call('gitee', { ...right, 'x-gitee-token': app.secret, 'x-gitee-timestamp': `${Date.now()}` }, push),
      await app.call('generic', right, push),
      await app.call('sourcehut', right, push),
      await app.call('constructor', right, push),
      await app.call('github', right, push, 'ledger'),
      await app.call('github', right, push, 'nobody'),
      await app.call('github', right, push.subarray(1)),
      await app.call('github', headersOf.github('', push), push),
      await app.call('gitlab', { ...right, 'x-gitlab-token': '' }, push),
      await app.call('gitlab', headersOf.gitlab('undefined', push), push, 'ledger'),
    ];
    const texts = await Promise.all(tries.map((answer) => answer.text()));
    expect(tries.map(({ status }) => status)).to.deep.equal(tries.map(() => 401));
    expect(new Set(texts).size).to.equal(1);
    expect(texts[0]).to.include('not signed').and.not.include(app.secret);
    expect(await app.hooks()).to.have.length(0);
    expect(git.caused).to.have.length(before);
  });

  it('with a signature in the address is not signed', async () => {
    const { 'x-hub-signature-256': signature, ...headers } = headersOf.github(app.secret, push);
    const answer = await app.call(`github?x-hub-signature-256=${signature}`, headers, push);
    expect(answer.status).to.equal(401);
  });

  it('that is larger than the limit is refused before it is looked at [F46] [S48]', async () => {
    const large = Buffer.alloc(HOOK_BODY_MAX + 1, ' ');
    push.copy(large);
    const answer = await app.call('github', headersOf.github(app.secret, large), large);
    expect(answer.status).to.equal(413);
    const fits = Buffer.alloc(HOOK_BODY_MAX, ' ');
    push.copy(fits);
    expect((await app.call('github', headersOf.github(app.secret, fits), fits)).status).to.equal(202);
    await until(() => app.isQuiet());
  }).timeout(10_000);

  it('that is signed and makes no sense is refused with the reason', async () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '{"ref":1}',
      'payload=%7B%7D',
      `{"ref":"refs/heads/main","after":"x"}`,
    ]) {
      const body = Buffer.from(text);
      const answer = await app.call('github', headersOf.github(app.secret, body), body);
      expect(answer.status, text).to.equal(400);
      expect(await answer.text()).to.include('application/json');
    }
    for (const forge of ['bitbucket', 'bitbucket-dc'] as const) {
      for (const text of ['{}', '{"push":{"changes":[{"new":null}]}}', '{"changes":[{"ref":{},"toHash":"x"}]}']) {
        const body = Buffer.from(text);
        const answer = await app.call(forge, headersOf[forge](app.secret, body), body);
        expect(answer.status, `${forge} ${text}`).to.equal(400);
      }
    }
    const { 'x-github-delivery': _id, ...nameless } = headersOf.github(app.secret, push);
    expect(await (await app.call('github', nameless, push)).text()).to.include('no delivery id');
    expect(await app.hooks()).to.have.length(0);
  });

  it('that is no push is kept with the reason, and not followed', async () => {
    const ping = bodyOf('github-ping');
    const answer = await app.call('github', headersOf.github(app.secret, ping, 'p', 'ping'), ping);
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.include({ outcome: 'ignored', reason: 'GitHub tried the webhook: it works' });
    await app.call('github', headersOf.github(app.secret, push, 'i', 'issues'), push);
    const deleted = Buffer.from(push.toString().replaceAll(/9c1e27[0-9a-f]{34}/g, '0'.repeat(40)));
    await app.call('github', headersOf.github(app.secret, deleted, 'd'), deleted);
    expect((await app.hooks()).map(({ outcome }) => outcome)).to.deep.equal(['ignored', 'ignored', 'ignored']);
    expect((await app.hooks()).map(({ reason }) => reason)).to.deep.equal([
      'refs/heads/main was deleted; nothing to deliver',
      'only pushes and requests are followed',
      'GitHub tried the webhook: it works',
    ]);
    expect(git.fetches).to.have.length(0);
  });

  it('that only tries it is answered, whichever forge sends it', async () => {
    const body = Buffer.from('{"test":true}');
    const ping = { ...headersOf.gitee(app.secret, body, undefined, 'push_hooks'), 'x-gitee-ping': 'true' };
    const answers = [
      await app.call('gitee', ping, body),
      await app.call('bitbucket-dc', headersOf['bitbucket-dc'](app.secret, body, 'p', 'diagnostics:ping'), body),
      await app.call('bitbucket', headersOf.bitbucket(app.secret, body, 'o', 'pullrequest:created'), body),
    ];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect((await app.hooks()).map(({ event, reason }) => `${event}: ${reason}`)).to.deep.equal([
      'pullrequest:created: Bitbucket Cloud keeps no ref of a pull request; its branch is followed like any other',
      'diagnostics:ping: Bitbucket tried the webhook: it works',
      'push_hooks: Gitee tried the webhook: it works',
    ]);
  });

  it('that names something hostile as its ref starts no process [S5]', async () => {
    const before = git.caused.length;
    for (const ref of ['refs/heads/--upload-pack=touch x', '--upload-pack=touch x', 'refs/heads/a:refs/heads/main']) {
      const body = Buffer.from(JSON.stringify({ ref, after: 'a'.repeat(40) }));
      const answer = await app.call('github', headersOf.github(app.secret, body), body);
      expect(await answer.json()).to.include({ outcome: 'ignored', reason: 'it names neither a branch nor a tag' });
    }
    for (const [type, name] of [
      ['branch', '--upload-pack=touch x'],
      ['bookmark', 'main'],
      ['constructor', 'main'],
    ]) {
      const standing = { type, name, target: { hash: 'a'.repeat(40) } };
      const body = Buffer.from(JSON.stringify({ push: { changes: [{ new: standing, old: null }] } }));
      const answer = await app.call('bitbucket', headersOf.bitbucket(app.secret, body), body);
      expect(await answer.json()).to.include({ outcome: 'ignored', reason: 'it names neither a branch nor a tag' });
    }
    expect(git.caused).to.have.length(before);
  });
});
