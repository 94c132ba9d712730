import { expect } from 'chai';
import { endKept } from '../../../runners/control/end-kept';
import { type House, makeHouse } from '../../support/house';

const SHOP = (env: string, stage = '') => `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 3000
  health: { path: /health, within: 2s }
  env: { ${env} }
stages:
  test: {${stage}}
  production: {}
`;

const files = (env: string, stage = '') => ({ 'gantry.yml': SHOP(env, stage), Dockerfile: 'FROM gantry/node\n' });
const DIES = 'DUMMY_EXIT: "3", DUMMY_LOG: "starting\\\\nError: no database at db:5432"';

describe('a delivery whose container does not get healthy', () => {
  let house: House;
  let now = Date.now();
  beforeEach(async () => {
    now = Date.now();
    house = await makeHouse({ parts: { clock: { now: () => now } } });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const fail = async (env = DIES, stage = '') => {
    const number = await house.push('shop', files(env, stage));
    await house.settled('shop', number);
    return house.engine.runs.show('shop', number);
  };
  const kept = async () => (await house.engine.instances.list({ kept: true })).filter((i) => i.state === 'kept');
  const containers = () => house.world.cluster.listInstances();

  it('shows how the container ended, the line that says why, and what its health check answered', async () => {
    const { state, failure } = await fail();
    expect(state).to.equal('failed');
    expect(failure).to.deep.include({ step: 'test/deliver' });
    expect(failure?.error).to.match(/^gantry-\S+ ended before it was healthy \(exit code 3\)$/);
    expect(failure?.lines.map((line) => line.text)).to.include('  | Error: no database at db:5432');
    expect(failure?.instance).to.deep.include({ exitCode: 3, outOfMemory: false });
    expect(failure?.instance?.answers[0]?.words).to.equal('connection refused');
    expect(failure?.instance?.lastLines).to.deep.equal(['starting', 'Error: no database at db:5432']);
  });

  it('names the memory limit when the kernel ended it [F25]', async () => {
    const { failure } = await fail('DUMMY_OOM: "1"');
    expect(failure?.tries[0]).to.contain('limit of 512 MiB: raise serve.resources.memory');
  });

  it('leaves nothing behind, unless somebody asked for it', async () => {
    await fail();
    expect(await kept()).to.deep.equal([]);
    expect(await containers()).to.deep.equal([]);
  });

  it('is kept for a look when its stage says so, out of all traffic, until its time is over', async () => {
    const run = await fail(DIES, ' keepFailed: 2h ');
    const [instance] = await kept();
    expect(instance).to.deep.include({ state: 'kept', kept_until: now + 2 * 3_600_000 });
    expect(await house.world.cluster.lastLines(instance?.name ?? '', 10)).to.include('starting');
    const [environment] = await house.engine.environments.show();
    expect(environment?.instances).to.have.length(1);
    expect(environment?.instances[0]).to.include({ state: 'kept', keptUntil: now + 2 * 3_600_000 });
    expect(Object.values((await house.engine.environments.list())[0]?.traffic.lanes ?? {})).to.deep.equal([
      null,
      null,
      null,
    ]);
    expect(run.failure?.keptUntil).to.equal(now + 2 * 3_600_000);
    expect(run.failure?.lines.map((line) => line.text).join('\n')).to.not.contain('gantry shell');

    await endKept(house.engine, house.world);
    expect(await containers()).to.have.length(1);
    now += 2 * 3_600_000;
    await endKept(house.engine, house.world);
    expect(await containers()).to.deep.equal([]);
    expect(await kept()).to.deep.equal([]);
  });

  it('is kept when the pusher asked for it, and goes when somebody has looked', async () => {
    const asked = house.engine.deliveries.accept;
    house.engine.deliveries.accept = (push, actor) => asked({ ...push, keepFailedMs: 60_000 }, actor);
    await fail();
    const [instance] = await kept();
    const name = instance?.name ?? '';
    await house.engine.instances.drop({ app: 'shop', name }, 'user:ada');
    await endKept(house.engine, house.world);
    expect(await containers()).to.deep.equal([]);
    const audit = await house.engine.parts.store.read.selectFrom('audit').select('action').execute();
    expect(audit.map(({ action }) => action)).to.include.members(['instance.keep', 'instance.remove']);
  });

  it('is kept three times at most, the newest ones', async () => {
    const names: string[] = [];
    for (let i = 0; i < 4; i++) {
      now += 1_000;
      await fail(`${DIES}, N: "${i}"`, ' keepFailed: 1h ');
      names.push(...(await kept()).map(({ name }) => name).filter((name) => !names.includes(name)));
    }
    await endKept(house.engine, house.world);
    expect((await kept()).map(({ name }) => name)).to.have.members(names.slice(1));
  });

  it('does not hand out what serves for removal', async () => {
    await house.settled('shop', await house.push('shop', files('A: "1"')));
    const [serving] = await house.engine.instances.list();
    const refused = house.engine.instances.drop({ app: 'shop', name: serving?.name ?? '' }, 'user:ada');
    const error = await refused.then(
      () => expect.fail('it was removed'),
      (reason: Error) => reason,
    );
    expect(error).to.deep.include({ code: 'instance-serves' });
  });
});
