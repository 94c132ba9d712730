import { expect } from 'chai';
import { GantryError } from '../../../engine/model/errors';
import { type House, makeHouse } from '../../support/house';

const DAY = 24 * 3_600_000;

const files = (gate: string): Record<string, string> => ({
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  production: { approve: { role: release-manager${gate} } }
`,
});

/** A window that is shut today and tomorrow. */
const SHUT = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][(new Date().getUTCDay() + 3) % 7];

describe('a time in which nothing changes', function () {
  this.timeout(30_000);
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true, patienceMs: 20_000 });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const freeze = (app: string | null, reason = 'quarterly close') =>
    house.engine.freezes.begin({ app, until: Date.now() + DAY, reason }, 'user:ada');
  const approve = (run: number) =>
    house.engine.approvals.decide({ app: 'shop', run, user: 'ada', vote: 'yes', reason: '' });
  const delivered = async (): Promise<number> =>
    (await house.through('shop', await house.push('shop', files('')))).row.number;
  /** Waits until the run stands still, for the reason that is expected. */
  const waitsFor = async (run: number, words: string): Promise<void> => {
    for (;;) {
      const { sentences, waits } = await house.engine.runs.why('shop', run);
      if (waits && sentences[0]?.includes(words) === true) return;
      house.worker.wake();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const promoted = async (run: number): Promise<boolean> =>
    (await house.engine.runs.find('shop', run)).steps.some(
      ({ name, epoch }) => name === 'production/promote' && epoch > 0,
    );

  it('holds what would change production until it ends, and says until when and why', async () => {
    await delivered();
    const { until } = await freeze('shop');
    const run = await house.push('shop', files(''));
    await house.settled('shop', run);
    expect((await house.engine.runs.why('shop', run)).commands.join()).to.contain('--break-glass');
    await approve(run);
    await waitsFor(run, 'production/promote waits until');
    const { sentences } = await house.engine.runs.why('shop', run);
    expect(sentences[0])
      .to.contain(new Date(until).toISOString().slice(0, 10))
      .and.contain('a freeze: quarterly close');
    expect(await house.engine.freezes.end({ app: 'shop' }, 'user:ada')).to.equal(1);
    expect((await house.through('shop', run)).row.state).to.equal('succeeded');
  });

  it('lets through what people break the glass for', async () => {
    await delivered();
    await freeze('shop');
    const run = await house.push('shop', files(''));
    await house.settled('shop', run);
    const glass = { app: 'shop', run, user: 'ada', vote: 'yes', reason: 'payments fail', breaksGlass: true } as const;
    await house.engine.approvals.decide(glass);
    expect((await house.settled('shop', run)).row.state).to.equal('succeeded');
  });

  it('never holds the way back', async () => {
    await delivered();
    await delivered();
    await freeze(null);
    const back = await house.engine.runs.rollback({ app: 'shop', reason: 'bad' }, 'user:ada');
    expect((await house.settled('shop', back.run)).row.state).to.equal('succeeded');
  });

  it('can be of all apps or of one, and ends by itself', async () => {
    await freeze(null, 'holidays');
    await freeze('shop');
    expect((await house.engine.freezes.list('shop')).map(({ app }) => app).sort()).to.deep.equal([null, 'shop']);
    expect(await house.engine.freezes.list('bank')).to.have.length(1);
    const { write } = house.engine.parts.store;
    await write((tx) =>
      tx
        .updateTable('freezes')
        .set({ until: Date.now() - 1 })
        .execute(),
    );
    expect(await house.engine.freezes.list()).to.deep.equal([]);
    await delivered();
  });

  it('is refused without a reason, in the past, for half a year, and cannot be ended twice', async () => {
    const begin = (until: number, reason = 'x') =>
      house.engine.freezes.begin({ app: 'shop', until, reason }, 'user:ada').catch((e: unknown) => e);
    for (const wrong of [begin(Date.now() + DAY, ' '), begin(Date.now() - 1), begin(Date.now() + 180 * DAY)]) {
      expect(await wrong).to.be.instanceOf(GantryError);
    }
    const ended = await house.engine.freezes.end({ app: 'shop' }, 'user:ada').catch((e: unknown) => e);
    expect((ended as GantryError).code).to.equal('no-freeze');
  });

  it('follows a gate with a change window: people may say yes at any time, and it begins when the window opens', async () => {
    const run = await house.push('shop', files(`, window: "${SHUT} 10:00-11:00 UTC"`));
    await house.settled('shop', run);
    await approve(run);
    await waitsFor(run, `the change window ${SHUT} 10:00-11:00 UTC`);
    expect(await promoted(run)).to.equal(false);
    const { write } = house.engine.parts.store;
    await write((tx) => tx.updateTable('approvals').set({ state: 'consumed' }).execute());
    await waitsFor(run, 'the change window');
    await write((tx) => tx.updateTable('approvals').set({ state: 'granted', change_window: 'soon' }).execute());
    await waitsFor(run, 'the change window soon cannot be read');
    const open = 'Sun-Sat 00:00-24:00';
    await write((tx) => tx.updateTable('approvals').set({ change_window: open }).execute());
    expect((await house.settled('shop', run)).row.state).to.equal('succeeded');
  });
});
