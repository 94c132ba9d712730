import { expect } from 'chai';
import type { GantryError } from '../../../engine/model/errors';
import type { World } from '../../../runners/world';
import { type House, makeHouse } from '../../support/house';

const pipeline = (more = '') => `app: shop
build:
  commands: [{ name: unit, run: npm test }]
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  test:
    verify: [{ run: ./smoke.sh${more} }]
  gray: { share: 5%, approve: { role: release-manager } }
  production: {}
`;
const SHOP = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': pipeline() };

describe('restarting a run', function () {
  this.timeout(60_000);
  let house: House;
  /** What the world was asked to make. */
  const made: string[] = [];
  /** Steps whose commands fail now. */
  const failing = new Set<string>();

  const watching = (world: World): World => {
    const { builder } = world;
    const [buildImage, runCommand] = [builder.buildImage.bind(builder), builder.runCommand.bind(builder)];
    builder.buildImage = (request) => {
      made.push('image');
      return buildImage(request);
    };
    builder.runCommand = async (request) => {
      made.push(request.labels.step ?? '');
      const end = await runCommand(request);
      return failing.has(request.labels.step ?? '') ? { ...end, exitCode: 1, taken: null } : end;
    };
    return world;
  };

  beforeEach(async () => {
    made.length = 0;
    failing.clear();
    house = await makeHouse({ change: watching, hasty: true, patienceMs: 30_000 });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const ask = (run: number, from?: string) => {
    const wanted = { app: 'shop', run, reason: 'the network is back' };
    return house.engine.runs.restart(from === undefined ? wanted : { ...wanted, from }, 'user:ada');
  };
  const refusal = (run: number, from?: string): Promise<Pick<GantryError, 'code' | 'message'>> =>
    ask(run, from).then(
      () => ({ code: 'accepted', message: '' }),
      (error: GantryError) => error,
    );
  async function failedAt(step: string, files: Record<string, string> = SHOP): Promise<number> {
    failing.add(step);
    const run = await house.push('shop', files);
    expect((await house.through('shop', run)).row.state).to.equal('failed');
    failing.clear();
    return run;
  }

  it('goes on from the stage that failed, with what was built, and asks people again', async () => {
    const failed = await failedAt('test/verify');
    const built = made.splice(0);
    expect(built).to.include.members(['image', 'command/unit', 'test/verify']);
    const { run, taken, anew } = await ask(failed);
    expect(taken).to.deep.equal(['plan', 'command/unit', 'build-image']);
    expect(anew.slice(0, 3)).to.deep.equal(['seal', 'test/deliver', 'test/verify']);
    const { row, steps } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect([...new Set(made)], 'nothing is built once more').to.deep.equal(['test/verify']);
    expect(steps.find(({ name }) => name === 'build-image')?.reason).to.equal(`taken over from run ${failed}`);
    const [first, second] = await Promise.all([1, 2].map((n) => house.engine.releases.show('shop', n)));
    expect(second?.hash, 'the same bytes').to.equal(first?.hash);
    const votes = await house.engine.parts.store.read.selectFrom('approval_votes').selectAll().execute();
    expect(votes).to.have.length(1);
    const shown = await house.engine.runs.show('shop', run);
    expect([shown.trigger, shown.restarts, shown.commit]).to.deep.equal(['restart', failed, row.commit]);
    expect((await house.engine.audit.verify({})).ok).to.equal(true);
    const [entry] = (await house.engine.audit.list({ chain: 'shop', limit: 500 })).filter(
      (e) => e.action === 'run.restart',
    );
    expect(entry).to.deep.include({ actor: 'user:ada', object: `shop#${failed}` });
  });

  it('begins with the step that was named, and may begin anew', async () => {
    const failed = await failedAt('command/unit');
    const before = made.lastIndexOf('command/unit');
    const { run, taken } = await ask(failed, 'plan');
    expect(taken).to.deep.equal([]);
    expect((await house.through('shop', run)).row.state).to.equal('succeeded');
    expect(made.lastIndexOf('command/unit'), 'the command runs once more').to.be.greaterThan(before);
  });

  it('can be rolled back and undone like any other run', async () => {
    await house.through('shop', await house.push('shop', SHOP));
    const failed = await failedAt('test/verify', { ...SHOP, version: '2' });
    await house.through('shop', (await ask(failed)).run);
    const back = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    expect(back).to.include({ kind: 'warm', from: 'shop release 3', to: 'shop release 1' });
    await house.settled('shop', back.run);
    const again = await house.engine.runs.rollback({ app: 'shop', reason: '', to: 3 }, 'user:ada');
    expect((await house.settled('shop', again.run)).row.state).to.equal('succeeded');
  });

  it('is refused for a run that goes on, that succeeded, or that is no walk of a commit', async () => {
    const run = await house.push('shop', SHOP);
    await house.settled('shop', run);
    expect(await refusal(run)).to.include({ code: 'restart-open', message: 'shop#1 is waiting' });
    await house.through('shop', run);
    expect((await refusal(run)).code).to.equal('restart-done');
    await house.through('shop', await house.push('shop', { ...SHOP, version: '2' }));
    const back = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await house.settled('shop', back.run);
    expect((await refusal(back.run)).code).to.equal('restart-kind');
  });

  it('is refused when a newer run is on its way, or a newer release was promoted', async () => {
    const failed = await failedAt('test/verify');
    const newer = await house.push('shop', { ...SHOP, version: '2' });
    await house.settled('shop', newer);
    const { code, message } = await refusal(failed);
    expect([code, message]).to.deep.equal([
      'restart-outdated',
      'shop#1 is outdated: run 2 came after it and is waiting',
    ]);
    await house.through('shop', newer);
    expect((await refusal(failed)).message).to.include('run 2 came after it and is succeeded');
  });

  it('is made once: a second one finds the first on its way', async () => {
    const failed = await failedAt('test/verify');
    const { run } = await ask(failed);
    expect((await refusal(failed)).message).to.include(`run ${run} came after it`);
  });

  it('says which step made what is not kept any more', async () => {
    const failed = await failedAt('test/verify');
    await house.engine.parts.store.read.deleteFrom('artifacts').execute();
    const { code, message } = await refusal(failed);
    expect(code).to.equal('restart-bytes');
    expect(message).to.match(/^what build-image of shop#1 made is not kept any more/);
    expect((await refusal(failed, 'no-such-step')).code).to.equal('step-unknown');
  });
});
