import { expect } from 'chai';
import { sql } from 'kysely';
import type { HookId } from '../../../engine/model/ids';
import type { Belonging } from '../../../engine/ports/belongings';
import type { Pass } from '../../../engine/retention/passes';
import { retentionSettings } from '../../../retention-settings';
import { prune } from '../../../runners/control/prune';
import { onSqliteOnly } from '../../support/engine';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  production: {}
`;
const DAY_MS = 24 * 3_600_000;
const POLICY = { ...retentionSettings((_name, fallback) => fallback), releases: 1 };

describe('retention on a host, and of what nothing names', function () {
  this.timeout(20_000);
  let house: House;
  let ahead: number;
  let things: Belonging[];
  let removed: string[];
  let refusal: string | undefined;

  before(async () => {
    ahead = 0;
    house = await makeHouse({ hasty: true, parts: { clock: { now: () => Date.now() + ahead } } });
    await house.engine.apps.create('shop', 'user:ada');
    await house.through('shop', await house.push('shop', { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE }));
    house.world.belongings = {
      list: async (kinds) => things.filter(({ kind }) => kinds.includes(kind)),
      remove: async ({ name }) => {
        if (refusal === undefined) removed.push(name);
        return refusal;
      },
    };
  });
  beforeEach(() => {
    things = [];
    removed = [];
    refusal = undefined;
  });
  after(() => house.close());

  const image = (id: string, change: Partial<Belonging> = {}): Belonging => {
    const labels = { app: 'shop', role: 'image' as const };
    const madeAt = Date.now() + ahead - 8 * DAY_MS;
    return { kind: 'image', id, name: `image ${id}`, labels, madeAt, bytes: 1_000, inUse: false, ...change };
  };
  const cache = (app: string, days: number): Belonging => {
    const labels = { app, role: 'build' as const };
    const madeAt = Date.now() + ahead - days * DAY_MS;
    return { kind: 'volume', id: app, name: `cache of ${app}`, labels, madeAt, bytes: 0, inUse: false };
  };
  const pass = async (kind: Pass['kind'] = 'prune'): Promise<Pass> => {
    const { id } = await house.engine.retention.ask(kind, 'user:ada');
    await prune(house.engine, house.world, POLICY, new AbortController().signal);
    return house.engine.retention.show(id);
  };

  it('removes old images, except those that a kept release is made of and those in use', async () => {
    const { record } = await house.engine.releases.show('shop', 1);
    const stranger = `sha256:${'1'.repeat(64)}`;
    things = [
      image(record.image.id),
      image(stranger),
      image('young', { madeAt: Date.now() + ahead - 6 * DAY_MS }),
      image('used', { inUse: true }),
    ];
    const look = await pass('look');
    expect(removed).to.deep.equal([]);
    expect(look.report.removed.images).to.include({ count: 1, bytes: 1_000 });
    const done = await pass();
    expect(removed).to.deep.equal([`image ${stranger}`]);
    expect(done.report.removed).to.deep.equal(look.report.removed);
    expect(done.report.stays.map(({ kind, why }) => [kind, why])).to.have.deep.members([
      ['images', 'a release that is kept, or a run, is made of it'],
      ['images', 'a container is made of it'],
    ]);
  });

  it('forgets what a run made when its image goes, unless the image is kept', async () => {
    const { engine } = house;
    const seals = ['5', '6'].map((digit) => `sha256:${digit.repeat(64)}`);
    const [app, { row }] = [await engine.apps.find('shop'), await engine.runs.find('shop', 1)];
    const record = { app_id: app.id, run_id: row.id, kind: 'image', name: 'shop', size: 1, provenance: '{}' } as const;
    await engine.parts.store.write((tx) =>
      tx
        .insertInto('artifacts')
        .values(seals.map((digest) => ({ ...record, digest, sealed_at: Date.now() + ahead })))
        .execute(),
    );
    const [kept = '', free = ''] = seals;
    const wanted = { imageId: kept, appId: app.id, app: 'shop', release: 1 };
    const archive = { config: { digest: kept, size: 1 }, layers: [] } as never;
    await engine.archives.end(wanted, await engine.archives.begin(wanted), { archive });
    things = [image(kept), image(free)];
    await pass('look');
    const left = async () => {
      const rows = await engine.parts.store.read.selectFrom('artifacts').select('digest').execute();
      return rows.map(({ digest }) => digest);
    };
    expect(await left()).to.include.members(seals);
    await pass();
    expect(removed).to.have.length(2);
    expect(await left())
      .to.include(kept)
      .and.not.include(free);
  });

  it('tells what the host would not give up', async () => {
    things = [image('stuck')];
    refusal = 'conflict: it has dependent child images';
    const { report } = await pass();
    expect(report.removed).to.deep.equal({});
    expect(report.left).to.deep.equal([{ kind: 'images', name: 'image stuck', why: refusal }]);
  });

  it('removes caches of apps that are not built any more', async () => {
    things = [cache('shop', 40), cache('gone', 40), cache('new', 20)];
    await pass();
    expect(removed).to.deep.equal(['cache of gone']);
  });

  it('removes lists of users that nothing names', async () => {
    const { engine } = house;
    const keep = (names: string[]) => engine.parts.store.write((tx) => engine.gray.keepUsers(tx, names));
    const [named, free] = [await keep(['ada']), await keep(['bob'])];
    const note = JSON.stringify({ rules: [{ list: named.id }] });
    await engine.parts.store.write((tx) =>
      tx.updateTable('steps').set({ output: note }).where('kind', '=', 'promote').execute(),
    );
    ahead += 91 * DAY_MS;
    const { report } = await pass();
    expect(report.items.filter(({ kind }) => kind === 'lists').map(({ name }) => name)).to.deep.equal([free.id]);
    expect((await engine.gray.usersIn(named.id)).names).to.deep.equal(['ada']);
  });

  it('keeps a hook that is not followed yet, and forgets one that led to nothing', async () => {
    const { id: app_id } = await house.engine.apps.find('shop');
    const hook = {
      app_id,
      forge: 'gitea',
      event: 'push',
      ref: 'refs/heads/main',
      after: '',
      received_at: 1,
      reason: '',
    };
    const rest = { attempts: 0, not_before: 0, ended_at: null, run_id: null };
    for (const outcome of ['pending', 'ignored'] as const) {
      const ids = { id: `00000000-0000-7000-8000-${outcome}` as HookId, delivery_id: outcome, outcome };
      await house.engine.parts.store.write((tx) =>
        tx
          .insertInto('hook_deliveries')
          .values({ ...hook, ...rest, ...ids })
          .execute(),
      );
    }
    await pass();
    const left = await house.engine.parts.store.read.selectFrom('hook_deliveries').select('outcome').execute();
    expect(left).to.deep.equal([{ outcome: 'pending' }]);
  });

  it('knows every table whose rows belong to what it removes', async function () {
    onSqliteOnly(this, 'the schema is the same');
    const { read } = house.engine.parts.store;
    const found = await sql<{ child: string; parent: string }>`
      select m.name as child, f."table" as parent from sqlite_master m, pragma_foreign_key_list(m.name) f
      where m.type = 'table' and f."table" in ('runs', 'steps', 'releases', 'instances', 'approvals')`.execute(read);
    const children = [...new Set(found.rows.map(({ child }) => child))].sort();
    // A place is held only by a run that has not ended.
    const known = [
      'approval_votes',
      'effects',
      'glass_breaks',
      'instance_sessions',
      'instances',
      'people_noted',
      'places',
      'registry_credentials',
      'run_people',
      'steps',
    ];
    expect(children, 'add it to engine/retention/remove-runs.ts').to.deep.equal(known);
  });
});
