import { expect } from 'chai';
import type { PostTaken } from '../../../engine/forges/take-post';
import type { AppId } from '../../../engine/model/ids';
import { FILES, makeTold, type Told } from '../outbox/support';

const GITHUB = 'https://github.com/bank/shop.git';
const LATER = { kind: 'later', reason: 'github.com answered with status 500' } as const;
const SENT = { kind: 'sent' } as const;
const DAY_MS = 24 * 3_600_000;

describe('what a forge is to show', () => {
  let told: Told;
  let app: AppId;
  beforeEach(async () => {
    told = await makeTold();
    await told.collect();
    app = (await engine().apps.find('shop')).id;
  });
  afterEach(() => told.house.close());

  const engine = () => told.house.engine;
  const connect = (url = GITHUB, token: string | null = 'tok-1') =>
    engine().apps.connect({ app: 'shop', url, ...(token === null ? {} : { token }) }, 'user:ada');
  const standing = () => engine().forges.standing(app);
  const take = async (): Promise<PostTaken> => {
    const taken = await engine().forges.take(app);
    if (taken === undefined) throw new Error('nothing waits');
    return taken;
  };
  /** Sends everything that waits; what was sent as `context state`. */
  const drain = async (): Promise<string[]> => {
    const sent: string[] = [];
    for (;;) {
      const taken = await engine().forges.take(app);
      if (taken === undefined) return sent;
      sent.push(`${taken.context} ${taken.body.kind === 'status' ? taken.body.state : taken.body.text}`);
      await engine().forges.settle(taken, SENT);
    }
  };
  const through = async () => {
    const number = await told.house.push('shop', FILES);
    await told.house.through('shop', number);
    await told.collect();
    return number;
  };

  it('is how each stage of a run stands, with a link, once', async () => {
    await connect();
    const number = await through();
    const { row } = await engine().runs.find('shop', number);
    const first = await take();
    expect(first).to.include({ forge: 'github', url: GITHUB, target: row.commit, remoteId: null });
    expect(first.body).to.include({ link: `http://gantry/apps/shop/runs/${number}`, state: 'success' });
    await engine().forges.settle(first, SENT);
    expect([`${first.context} success`, ...(await drain())].sort()).to.eql([
      'gantry/shop/build success',
      'gantry/shop/production success',
      'gantry/shop/test success',
    ]);
    expect(await standing()).to.include({ forge: 'github', waiting: 0, trouble: '' });
    await told.collect();
    expect(await drain()).to.eql([]);
  });

  it('is nothing for an app without a token, of a path, or of runs before it was connected', async () => {
    await through();
    await connect();
    await told.collect();
    expect([await engine().forges.waiting(), (await standing())?.waiting]).to.eql([[], 0]);
    await connect('https://github.com/bank/shop.git', null);
    await through();
    await connect('/srv/git/shop.git', null);
    await through();
    expect([await engine().forges.waiting(), await standing()]).to.eql([[], null]);
  });

  it('goes on when the app is connected again in the middle of a run', async () => {
    await connect();
    const number = await told.house.push('shop', FILES);
    await told.collect();
    told.later(1_000);
    await connect(GITHUB, 'tok-2');
    await told.house.through('shop', number);
    await told.collect();
    expect(await drain()).to.include('gantry/shop/production success');
  });

  it('waits at a forge that nothing tells until its first hook', async () => {
    await connect('https://git.bank.example/bank/shop.git');
    await through();
    expect([(await standing())?.forge, await engine().forges.waiting()]).to.eql([null, []]);
    const hook = { app_id: app, delivery_id: 'd1', forge: 'gitea', event: 'push', ref: 'x', after: 'x', reason: '' };
    const row = { ...hook, received_at: 1, outcome: 'ignored' as const, attempts: 0, not_before: 0, ended_at: 1 };
    await engine().parts.store.write((tx) =>
      tx
        .insertInto('hook_deliveries')
        .values({ ...row, id: 'h1' as never, run_id: null })
        .execute(),
    );
    await through();
    expect([(await standing())?.forge, (await drain()).length]).to.eql(['gitea', 3]);
  });

  it('is the newest state alone, however many came before it was sent', async () => {
    await connect();
    const number = await told.house.push('shop', FILES);
    await told.collect();
    const early = await take();
    await told.house.through('shop', number);
    await told.collect();
    // What was sent is older than what is to be shown now.
    await engine().forges.settle(early, SENT);
    expect(await drain()).to.include(`${early.context} success`);
    const states = await engine().parts.store.read.selectFrom('forge_posts').select(['context', 'body']).execute();
    expect(states).to.have.length(3);
  });

  it('is never an older run over a newer one of the same commit', async () => {
    await connect();
    const number = await through();
    await drain();
    const change = { run_number: number + 5, body: '{"state":"failure","sentence":"newer","link":""}' };
    await engine().parts.store.write((tx) =>
      tx.updateTable('forge_posts').set(change).where('context', '=', 'gantry/shop/test').execute(),
    );
    await engine().parts.store.write((tx) =>
      tx.updateTable('meta').set({ value: '0' }).where('key', '=', 'outbox-cursor').execute(),
    );
    await told.collect();
    expect(await drain()).not.to.include('gantry/shop/test success');
  });

  it('is shown once more when somebody who was too late may have shown an older state', async () => {
    await connect();
    await through();
    const late = await take();
    await engine().parts.store.write((tx) => tx.updateTable('outgoing_lines').set({ claimed_until: 0 }).execute());
    await drain();
    await engine().forges.settle(late, SENT);
    expect(await drain()).to.eql([`${late.context} success`]);
  });

  it('is left alone for as long as the forge is away, and holds up no run', async () => {
    await connect();
    const number = await through();
    expect((await engine().runs.find('shop', number)).row.state).to.equal('succeeded');
    await engine().forges.settle(await take(), LATER);
    expect(await engine().forges.take(app)).to.equal(undefined);
    expect(await standing()).to.include({ waiting: 3, trouble: LATER.reason });
    told.later(2_000);
    expect(await drain()).to.have.length(3);
    expect(await standing()).to.include({ waiting: 0, trouble: '' });
  });

  it('begins anew when somebody connects the app again', async () => {
    await connect();
    await through();
    await engine().forges.settle(await take(), { kind: 'later', reason: 'the token may not', afterMs: 900_000 });
    told.later(1_000);
    expect(await engine().forges.take(app)).to.equal(undefined);
    expect((await standing())?.trouble).to.equal('the token may not');
    await connect(GITHUB, 'tok-2');
    expect((await take()).url).to.equal(GITHUB);
  });

  /** As a runner's turn: everything that is due, this context refused. What was sent. */
  const turn = async (refused: string): Promise<{ tries: number; sent: string[] }> => {
    const seen = { tries: 0, sent: [] as string[] };
    for (let taken = await engine().forges.take(app); taken !== undefined; taken = await engine().forges.take(app)) {
      if (taken.context === refused) seen.tries++;
      else seen.sent.push(taken.context);
      await engine().forges.settle(taken, taken.context === refused ? { kind: 'refused', reason: '404' } : SENT);
    }
    return seen;
  };
  const placeOf = (context: string) =>
    engine()
      .parts.store.read.selectFrom('forge_posts')
      .selectAll()
      .where('context', '=', context)
      .executeTakeFirstOrThrow();
  const GONE = 'gantry/shop/build';

  it('is tried again later and later where the forge has no such place, and holds up nothing else', async () => {
    await connect();
    const number = await through();
    expect((await engine().runs.find('shop', number)).row.state).to.equal('succeeded');
    expect(await turn(GONE))
      .to.deep.include({ tries: 1 })
      .and.nested.include({ 'sent.length': 2 });
    const waits: number[] = [];
    for (let tries = 1; tries < 5; tries++) {
      const { not_before, trouble_at } = await placeOf(GONE);
      waits.push(not_before - (trouble_at ?? 0));
      expect([await turn(GONE), (await standing())?.waiting]).to.eql([{ tries: 0, sent: [] }, 1]);
      told.later(waits.at(-1) ?? 0);
      expect((await turn(GONE)).tries).to.equal(1);
    }
    expect(waits).to.eql([10_000, 40_000, 160_000, 600_000]);
    told.later(600_000);
    expect([await turn(GONE), (await standing())?.waiting]).to.eql([{ tries: 0, sent: [] }, 0]);
  });

  it('loses no try to a forge that is away', async () => {
    await connect();
    await through();
    for (let i = 0; i < 15; i++) {
      await engine().forges.settle(await take(), LATER);
      told.later(3_600_000);
    }
    expect((await turn(GONE)).tries).to.equal(1);
    expect((await standing())?.waiting).to.equal(1);
  });

  it('is tried at once when it has changed, and when somebody connects the app again', async () => {
    await connect();
    const number = await told.house.push('shop', FILES);
    await told.collect();
    const early = await turn(GONE);
    expect(early.tries).to.equal(1);
    await told.house.through('shop', number);
    await told.collect();
    expect((await turn(GONE)).tries).to.equal(1);
    expect(await turn(GONE)).to.eql({ tries: 0, sent: [] });
    told.later(1_000);
    await connect(GITHUB, 'tok-2');
    expect(await drain()).to.eql([`${GONE} success`]);
    expect(await placeOf(GONE)).to.include({ failures: 0, not_before: 0, trouble: '' });
  });

  it('is not told any more after a day', async () => {
    await connect();
    await through();
    told.later(DAY_MS + 1_000);
    expect(await drain()).to.eql([]);
  });

  it('is where a request can be looked at, kept true by one comment', async () => {
    await connect();
    const number = await told.house.push('shop', FILES);
    const { row } = await engine().runs.find('shop', number);
    const ref = 'refs/pull/7/head';
    await engine().parts.store.write(async (tx) => {
      const request = { app_id: app, number: 7, forge: 'github', ref, state: 'open', head: row.commit } as const;
      const nobody = { allowed_head: null, allowed_by: null, allowed_at: null };
      await tx
        .insertInto('requests')
        .values({ ...request, ...nobody, origin: 'branch', run_id: row.id, updated_at: 1 })
        .execute();
      await tx.updateTable('runs').set({ ref }).where('id', '=', row.id).execute();
    });
    await told.house.through('shop', number);
    await told.collect();
    const comments: PostTaken[] = [];
    for (let taken = await engine().forges.take(app); taken !== undefined; taken = await engine().forges.take(app)) {
      if (taken.body.kind === 'comment') comments.push(taken);
      await engine().forges.settle(taken, taken.body.kind === 'comment' ? { kind: 'sent', id: '31' } : SENT);
    }
    const [comment] = comments;
    expect([comments.length, comment?.target, comment?.context]).to.eql([1, '7', 'gantry/shop/request']);
    expect(comment?.body).to.have.property('text').that.includes('**test**: http://shop-test.localhost/');
    const kept = engine().parts.store.read.selectFrom('forge_posts').select('remote_id').where('kind', '=', 'comment');
    expect(await kept.executeTakeFirst()).to.eql({ remote_id: '31' });
  });

  it('is forgotten after three months', async () => {
    await connect();
    await through();
    await drain();
    told.later(91 * DAY_MS);
    await engine().forges.forget();
    expect(await engine().parts.store.read.selectFrom('forge_posts').selectAll().execute()).to.eql([]);
  });
});
