import { expect } from 'chai';
import { messageOf } from '../../../engine/model/errors';
import type { Belonging } from '../../../engine/ports/belongings';
import type { Labels } from '../../../engine/ports/cluster';
import { GRACE_MS, Reaper } from '../../../runners/control/reap';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  test: {}
  production: { keepWarm: 30m }
`;

describe('the reaper', function () {
  this.timeout(20_000);
  let house: House;
  let reaper: Reaper;
  /** How far the clock was put forward, ms. */
  let ahead: number;
  /** What stands beside the instances of the dummy cluster. */
  let others: Belonging[];
  let removed: string[];
  let refusal: string | undefined;

  before(async () => {
    ahead = 0;
    house = await makeHouse({ hasty: true, parts: { clock: { now: () => Date.now() + ahead } } });
    await house.engine.apps.create('shop', 'user:ada');
    const number = await house.push('shop', { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE });
    expect((await house.through('shop', number)).row.state).to.equal('succeeded');
    const { belongings } = house.world;
    house.world.belongings = {
      list: async (kinds) => [...(await belongings.list(kinds)), ...others.filter(({ kind }) => kinds.includes(kind))],
      remove: async (one) => {
        if (refusal !== undefined) return refusal;
        removed.push(one.name);
        others = others.filter(({ id }) => id !== one.id);
        return belongings.remove(one);
      },
    };
  });
  beforeEach(() => {
    others = [];
    removed = [];
    refusal = undefined;
    reaper = new Reaper(house.engine, house.world);
  });
  afterEach(async () => {
    await house.engine.holds.lift('restore');
    others = [];
    await new Reaper(house.engine, house.world).turn();
  });
  after(() => house.close());

  const thing = (name: string, labels: Partial<Labels>, change: Partial<Belonging> = {}): Belonging => {
    const own = { id: `id-${name}`, name, labels: { app: 'shop', role: 'instance' as const, ...labels } };
    return { kind: 'container', ...own, madeAt: Date.now(), bytes: 0, inUse: true, ...change };
  };
  const command = (run: number, step: string, epoch = 1) =>
    thing(`build-${run}-${epoch}`, { role: 'build', run: String(run), step, epoch });
  /** Two looks, so far apart that an orphan is one. */
  const look = async (): Promise<void> => {
    await reaper.turn();
    ahead += GRACE_MS;
    await reaper.turn();
  };
  const doubtful = async () =>
    (await house.engine.retention.reaper()).flatMap(({ doubtful: found }) => found.map(({ name }) => name));
  const audits = async () =>
    (await house.engine.parts.store.read.selectFrom('audit').selectAll().orderBy('seq').execute())
      .filter(({ action }) => action === 'world.reap')
      .flatMap(({ detail }) => (JSON.parse(detail) as { removed: { name: string }[] }).removed.map(({ name }) => name));

  it('leaves what serves, and everything that has a record', async () => {
    const before = (await house.world.cluster.listInstances()).length;
    await look();
    await look();
    expect(removed).to.deep.equal([]);
    expect((await house.world.cluster.listInstances()).length)
      .to.equal(before)
      .and.greaterThan(1);
  });

  it('removes the container of a command whose step does not run any more, at the second look only', async () => {
    others = [command(1, 'build/image')];
    await reaper.turn();
    ahead += GRACE_MS - 1_000;
    await reaper.turn();
    expect(removed).to.deep.equal([]);
    ahead += 1_000;
    await reaper.turn();
    expect(removed).to.deep.equal(['build-1-1']);
    expect(await audits()).to.include('build-1-1');
  });

  it('removes the container of an earlier attempt, and never that of the one that runs now', async () => {
    const { steps } = await house.engine.runs.find('shop', 1);
    const step = steps.find(({ kind }) => kind === 'deliver');
    const set = (state: 'running' | 'succeeded', epoch: number) =>
      house.engine.parts.store.write((tx) =>
        tx
          .updateTable('steps')
          .set({ state, epoch })
          .where('id', '=', step?.id as never)
          .execute(),
      );
    others = [command(1, step?.name ?? '', 1), command(1, step?.name ?? '', 2)];
    await set('running', 2);
    await look();
    await set('succeeded', 1);
    expect(removed).to.deep.equal(['build-1-1']);
  });

  it('removes an instance of a test environment that no record knows', async () => {
    others = [thing('stray', { environment: 'test' })];
    await look();
    expect(removed).to.deep.equal(['stray']);
  });

  it('never removes an instance of gray or production for a missing record alone, and says that it is there', async () => {
    others = [thing('lost', { environment: 'production' }), thing('foreign', { environment: 'elsewhere' })];
    await look();
    await look();
    expect(removed).to.deep.equal([]);
    expect(await doubtful()).to.have.members(['lost', 'foreign']);
    others = [];
    await reaper.turn();
    expect(await doubtful()).to.deep.equal([]);
  });

  it('removes an instance of production whose record says that it is gone, unless it is younger than that', async () => {
    const [row] = await house.engine.instances.list({});
    const rowOf = async (name: string, endedAt: number) =>
      house.engine.parts.store.write((tx) =>
        tx
          .insertInto('instances')
          .values({ ...(row as never as object), id: `${name}-id`, name, state: 'gone', ended_at: endedAt } as never)
          .execute(),
      );
    const now = Date.now() + ahead;
    await rowOf('gone-early', now);
    await rowOf('older-record', now - 60_000);
    others = [
      thing('gone-early', { environment: 'production' }, { madeAt: now - 30_000 }),
      thing('older-record', { environment: 'production' }, { madeAt: now - 30_000 }),
    ];
    await look();
    expect(removed).to.deep.equal(['gone-early']);
    expect(await doubtful()).to.deep.equal(['older-record']);
  });

  it('removes empty networks of stages that are not there, and leaves those of the house and those in use', async () => {
    const network = (name: string, change: Partial<Belonging>) =>
      thing(name, { app: '', role: 'network' }, { kind: 'network', inUse: false, ...change });
    others = [
      network('common', { lasting: true }),
      network('of-test', { stage: 'test' }),
      network('of-nothing', { stage: 'left' }),
      network('busy', { stage: 'left', inUse: true }),
      network('probe', {}),
    ];
    await look();
    expect(removed).to.have.members(['of-nothing', 'probe']);
  });

  it('waits again when something had an owner in between', async () => {
    others = [command(1, 'build/image')];
    await reaper.turn();
    const kept = others;
    others = [];
    ahead += GRACE_MS / 2;
    await reaper.turn();
    others = kept;
    ahead += GRACE_MS / 2;
    await reaper.turn();
    expect(removed).to.deep.equal([]);
  });

  it('removes nothing from the moment on when everything is held', async () => {
    others = [command(1, 'build/image')];
    await reaper.turn();
    await house.engine.holds.begin('restore', { reason: 'records came back', since: 1, forMs: null });
    ahead += GRACE_MS;
    await reaper.turn();
    expect(removed).to.deep.equal([]);
  });

  it('asks again at the next look when the cluster went away while it was asked', async () => {
    others = [command(1, 'build/image')];
    await reaper.turn();
    ahead += GRACE_MS;
    const { remove } = house.world.belongings;
    house.world.belongings.remove = () => Promise.reject(new Error('Docker does not answer'));
    expect(await reaper.turn().then(() => 'done', messageOf)).to.equal('Docker does not answer');
    house.world.belongings.remove = remove;
    await reaper.turn();
    expect(removed).to.deep.equal(['build-1-1']);
  });

  it('tells what the cluster would not give up, and asks again only after an hour', async () => {
    others = [command(1, 'build/image')];
    refusal = 'device is busy';
    const before = (await audits()).length;
    await look();
    await look();
    const [report] = await house.engine.retention.reaper();
    expect(report?.left).to.deep.equal([{ kind: 'container', name: 'build-1-1', why: 'device is busy' }]);
    expect((await audits()).length).to.equal(before + 1);
    refusal = undefined;
    ahead += 3_600_000;
    await look();
    expect(removed).to.deep.equal(['build-1-1']);
    expect(await house.engine.retention.reaper()).to.deep.include({
      ...report,
      cluster: 'local',
      left: [],
      at: (await house.engine.retention.reaper())[0]?.at,
    });
  });
});
