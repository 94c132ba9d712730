import { expect } from 'chai';
import { endWarm } from '../../../runners/control/end-warm';
import { type House, makeHouse } from '../../support/house';

const pipeline = (more = '') => `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
${more}stages:
  test:
    verify: [{ http: { path: /health, status: 200 } }]
  gray:
    approve: { role: release-manager }
    share: 5%
    observe: { for: 1s, errors: "< 1%", minRequests: 10 }
  production:
    approve: { role: release-manager }
    keepWarm: 30m
`;
const files = (version: string, more = '') => ({
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': pipeline(more),
  version,
});

describe('a release', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const production = async () => {
    const all = await house.engine.environments.list();
    const found = all.find((e) => e.name === 'production');
    if (found === undefined) throw new Error('there is no production');
    const { traffic } = found;
    const numbers = Object.fromEntries(
      (await house.engine.releases.list(await house.engine.apps.find('shop'))).map((r) => [r.id, r.number]),
    );
    const at = (lane: 'a' | 'b' | 'c' | null) => (lane === null ? null : (numbers[traffic.lanes[lane] ?? ''] ?? null));
    return {
      stable: at(traffic.stable),
      gray: at(traffic.gray),
      warm: at(traffic.warm),
      share: traffic.share,
      environment: found,
    };
  };
  const names = async () =>
    (await house.world.cluster.listInstances()).map((i) => `${i.labels.environment} ${i.labels.release}`).sort();
  /** Visitors of gray while it is watched: `bad` of `count` answers are errors. */
  const visitors = (slot: number, lane: 'a' | 'b' | 'c', count: number, bad: number) => {
    for (let i = 0; i < count; i++)
      house.world.gateway.serve(slot, { lane, status: i < bad ? 500 : 200, responseMs: 5 });
  };
  const approveTo = async (number: number, gates: number) => {
    for (let i = 0; i < gates; i++) {
      expect((await house.settled('shop', number)).row.state).to.equal('waiting');
      await house.engine.approvals.decide({ app: 'shop', run: number, user: 'ada', vote: 'yes', reason: '' });
      house.worker.wake();
    }
  };
  const watched = async (number: number) => {
    for (;;) {
      const { steps, row } = await house.engine.runs.find('shop', number);
      if (steps.some((s) => s.name === 'gray/observe' && s.state === 'running')) return;
      if (row.ended_at !== null) throw new Error(`the run ended: ${row.reason}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const released = async (version: string) => {
    const number = await house.push('shop', files(version));
    const { row } = await house.through('shop', number);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    return number;
  };

  it('goes to test, gray and production, and the one before it stays warm', async () => {
    await released('1');
    expect(await production()).to.include({ stable: 1, gray: null, warm: null });
    await released('2');
    expect(await production()).to.include({ stable: 2, gray: null, warm: 1, share: 0 });
    expect(await names()).to.deep.equal(['production 1', 'production 2', 'test 2']);
  });

  it('lets the release before the last go: only the way back is kept', async () => {
    await released('1');
    await released('2');
    await released('3');
    expect(await production()).to.include({ stable: 3, warm: 2 });
    expect(await names()).to.deep.equal(['production 2', 'production 3', 'test 3']);
  });

  it('is the same bytes in every stage', async () => {
    await released('1');
    const images = new Set((await house.world.cluster.listInstances()).map((i) => i.imageId));
    expect(images.size).to.equal(1);
    const [release] = await house.engine.releases.list(await house.engine.apps.find('shop'));
    expect(images).to.deep.equal(new Set([release?.record.image.id]));
  });

  it('comes to test when the one before it has left it', async () => {
    const { cluster } = house.world;
    const waitHealthy = cluster.waitHealthy.bind(cluster);
    const [firstStarts, firstIsThere] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    cluster.waitHealthy = async (name, ...rest) => {
      firstStarts.resolve();
      await firstIsThere.promise;
      return waitHealthy(name, ...rest);
    };
    const first = await house.push('shop', files('1'));
    await firstStarts.promise;
    const second = await house.push('shop', files('2'));
    const stateOf = async (step: string) => {
      const { steps } = await house.engine.runs.find('shop', second);
      return steps.find(({ name }) => name === step)?.state;
    };
    while ((await stateOf('seal')) !== 'succeeded') await new Promise((resolve) => setTimeout(resolve, 5));
    expect([await stateOf('test/deliver'), await names()]).to.deep.equal(['ready', ['test 1']]);
    firstIsThere.resolve();
    const one = await house.settled('shop', first);
    expect([one.row.state, one.row.reason]).to.deep.equal(['waiting', '']);
    await house.engine.runs.cancel({ app: 'shop', run: first, reason: 'the second is better' }, 'user:ada');
    const two = await house.settled('shop', second);
    expect([two.row.state, two.row.reason]).to.deep.equal(['waiting', '']);
    expect(await names()).to.deep.equal(['production 2', 'test 2']);
  });

  it('that has left is not brought back to its lane by who saw it serving a moment ago', async () => {
    await released('1');
    const { environment } = await production();
    const [instance] = await house.engine.instances.list({ environmentId: environment.id });
    const seen = { state: 'serving', container: 'restarted', address: '10.0.0.9' } as const;
    const { name = '' } = instance ?? {};
    await house.engine.instances.move(name, { state: 'draining' });
    await house.engine.instances.move(name, seen, 'serving');
    const [after] = await house.engine.instances.list({ environmentId: environment.id });
    expect(after).to.include({ name, state: 'draining', address: instance?.address });
  });

  it('goes back by one switch, and forward again, without starting anything', async () => {
    await released('1');
    await released('2');
    const before = { ...(await production()).environment.traffic, leaving: null };
    const containers = (await house.world.cluster.listInstances()).map((i) => i.id);
    const back = await house.engine.runs.rollback({ app: 'shop', reason: 'slow' }, 'user:ada');
    expect(back).to.include({ kind: 'warm', from: 'shop release 2', to: 'shop release 1' });
    const run = await house.through('shop', back.run);
    expect(run.row).to.include({ state: 'succeeded', trigger: 'rollback', title: 'rolled back by ada: slow' });
    expect(await production()).to.include({ stable: 1, warm: 2 });
    const forth = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await house.through('shop', forth.run);
    expect({ ...(await production()).environment.traffic, leaving: null }).to.deep.equal(before);
    expect((await house.world.cluster.listInstances()).map((i) => i.id)).to.deep.equal(containers);
  });

  it('starts the old release first when its instances are gone', async () => {
    await released('1');
    await released('2');
    const { environment } = await production();
    const warm = environment.traffic.warm ?? 'a';
    for (const instance of await house.engine.instances.list({ environmentId: environment.id, lane: warm })) {
      await house.world.cluster.removeInstance(instance.name, 0);
      await house.world.gateway.removeServers(environment.slot, warm, [instance.name], 0);
      await house.engine.instances.move(instance.name, { state: 'gone' });
    }
    const rollback = () => house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    const [back, pressedTwice] = [await rollback(), await rollback()];
    expect(pressedTwice, 'two would start twice as many').to.deep.equal(back);
    expect((await house.through('shop', back.run)).row.state).to.equal('succeeded');
    expect(await production()).to.include({ stable: 1, warm: 2 });
    expect((await names()).filter((name) => name === 'production 1')).to.have.length(1);
  });

  it('that is gray is taken back by rollback: its run ends, and its instances go', async () => {
    await released('1');
    const number = await house.push('shop', files('2'));
    await approveTo(number, 1);
    await watched(number);
    expect(await production()).to.include({ stable: 1, gray: 2, share: 500 });
    const back = await house.engine.runs.rollback({ app: 'shop', reason: 'odd' }, 'user:ada');
    expect(back).to.include({ kind: 'gray', run: number });
    const pressedTwice = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    expect(pressedTwice).to.deep.equal(back);
    const { row, steps } = await house.settled('shop', number);
    expect([row.state, row.reason]).to.deep.equal(['cancelled', 'rolled back by ada: odd']);
    expect(steps.filter((s) => s.verb === 'undo').map((s) => [s.name, s.state])).to.deep.equal([
      ['undo gray/share', 'succeeded'],
      ['undo gray/deliver', 'succeeded'],
    ]);
    expect(await production()).to.include({ stable: 1, gray: null, share: 0 });
    expect(await names()).to.deep.equal(['production 1', 'test 2']);
  });

  it('that answers with errors in gray is taken back by itself [F26]', async () => {
    await released('1');
    const number = await house.push('shop', files('2'));
    await approveTo(number, 1);
    await watched(number);
    const { environment } = await production();
    // They go on coming: those of before the watch has begun to count are not judged.
    const coming = setInterval(() => visitors(environment.slot, environment.traffic.gray ?? 'a', 10, 1), 20);
    const { row } = await house.settled('shop', number).finally(() => clearInterval(coming));
    expect(row.state).to.equal('failed');
    expect(row.reason).to.contain('gray was judged bad: 10.00 % of its answers were errors');
    expect(await production()).to.include({ stable: 1, gray: null });
  });

  it('that met too few visitors is left to the people at the next gate', async () => {
    await released('1');
    const number = await house.push('shop', files('2'));
    await approveTo(number, 1);
    const { steps } = await house.settled('shop', number);
    const output = JSON.parse(steps.find((s) => s.name === 'gray/observe')?.output ?? '{}') as { verdict: string };
    expect(output.verdict).to.equal('cannot tell');
    expect(await production()).to.include({ gray: 2 });
  });

  it('keeps its gray share when another one is set by hand', async () => {
    await released('1');
    const number = await house.push('shop', files('2'));
    await approveTo(number, 1);
    await house.settled('shop', number);
    const set = await house.engine.runs.setGrayShare({ app: 'shop', share: 2_000 }, 'user:ada');
    await house.through('shop', set.run);
    expect(await production()).to.include({ gray: 2, share: 2_000 });
    await house.through('shop', number);
    expect(await production()).to.include({ stable: 2, gray: null, share: 0 });
  });

  it('that never gets healthy leaves what was there [F26]', async () => {
    await released('1');
    const number = await house.push('shop', files('2', '  env: { DUMMY_NEVER_HEALTHY: "1" }\n'));
    const { row, steps } = await house.settled('shop', number);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.match(/^test\/deliver: .*not healthy/);
    const step = steps.find((s) => s.name === 'test/deliver');
    const log = await house.engine.parts.logs.read(row.id, step?.id ?? '', 0, 10_000);
    expect(log.toString()).to.contain('health check:');
    expect(await names()).to.deep.equal(['production 1', 'test 1']);
  });

  it('that fails to grow for production does not take gray away from its visitors first', async () => {
    await released('1');
    const more = '  production:\n    serve: { instances: 2, env: { DUMMY_NEVER_HEALTHY: "1" } }\n    approve';
    const text = pipeline().replace('  production:\n    approve', more);
    const number = await house.push('shop', { ...files('2'), 'gantry.yml': text });
    const remove = house.world.gateway.removeServers.bind(house.world.gateway);
    const met: string[] = [];
    house.world.gateway.removeServers = async (slot, lane, names, drainMs) => {
      const { environment } = await production();
      const standing = await house.engine.instances.list({ environmentId: environment.id, lane });
      const gray = environment.slot === slot && environment.traffic.gray === lane && environment.traffic.share > 0;
      if (gray && names.length === standing.length) met.push(...names);
      await remove(slot, lane, names, drainMs);
    };
    await approveTo(number, 1);
    const { row } = await house.settled('shop', number);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.match(/^production\/deliver: .*not healthy/);
    expect(met).to.deep.equal([]);
    expect(await production()).to.include({ stable: 1, gray: null, share: 0 });
    expect(await names()).to.deep.equal(['production 1', 'test 2']);
  });

  it('whose promotion breaks off between the decision and the gateway leaves the old one stable [F28]', async () => {
    await released('1');
    const { gateway } = house.world;
    const route = gateway.route.bind(gateway);
    gateway.route = async (wanted) => {
      const { environment } = await production();
      const isPromotion = wanted.host === environment.host && wanted.stable !== 'a';
      if (!isPromotion) return route(wanted);
      gateway.route = route;
      throw new Error('the gateway said something odd');
    };
    const { row, steps } = await house.through('shop', await house.push('shop', files('2')));
    expect(row.state).to.equal('failed');
    expect(row.reason).to.contain('something odd').and.not.contain('could not undo');
    expect(steps.find((s) => s.name === 'undo production/promote')?.state).to.equal('succeeded');
    expect(await production()).to.include({ stable: 1, gray: null });
    expect((await gateway.readRoute((await production()).environment.host))?.stable).to.equal('a');
  });

  it('whose promotion breaks off before the decision leaves the old one stable', async () => {
    await released('1');
    const { changeIn } = house.engine.environments;
    house.engine.environments.changeIn = async (...all) => {
      const [, mover] = all;
      if ('lease' in mover && mover.lease.kind === 'promote' && mover.lease.verb === 'run') throw new Error('odd');
      return changeIn(...all);
    };
    const { row, steps } = await house.through('shop', await house.push('shop', files('2')));
    expect(row.state).to.equal('failed');
    expect(row.reason).to.not.contain('could not undo');
    expect(steps.find((s) => s.name === 'undo production/promote')?.state).to.equal('succeeded');
    expect(await production()).to.include({ stable: 1, gray: null });
  });

  it('that is rolled back to as its warm time ends is not stopped', async () => {
    await released('1');
    await released('2');
    const { environment } = await production();
    const change = (until: number) =>
      house.engine.parts.store.write((tx) =>
        tx.updateTable('environments').set({ warm_until: until }).where('id', '=', environment.id).execute(),
      );
    await change(1);
    const list = house.engine.environments.list;
    // The rule has read its list; now the rollback comes between.
    house.engine.environments.list = async (...all) => {
      const found = await list(...all);
      house.engine.environments.list = list;
      const back = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
      await house.through('shop', back.run);
      return found;
    };
    await endWarm(house.engine, house.world);
    expect(await production()).to.include({ stable: 1, warm: 2 });
    expect(await names()).to.deep.equal(['production 1', 'production 2', 'test 2']);
  });

  it('is stopped when its warm time is over, and is still the way back', async () => {
    await released('1');
    await released('2');
    const { environment } = await production();
    await house.engine.parts.store.write((tx) =>
      tx.updateTable('environments').set({ warm_until: 1 }).where('id', '=', environment.id).execute(),
    );
    await endWarm(house.engine, house.world);
    expect(await production()).to.include({ stable: 2, warm: null });
    expect(await names()).to.deep.equal(['production 2', 'test 2']);
    const back = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    expect(back).to.include({ kind: 'cold', to: 'shop release 1' });
    expect((await house.through('shop', back.run)).row.state).to.equal('succeeded');
    expect(await production()).to.include({ stable: 1, warm: 2 });
  });

  it('is cancelled between two gates without a trace in production', async () => {
    await released('1');
    const number = await house.push('shop', files('2'));
    await house.settled('shop', number);
    await house.engine.runs.cancel({ app: 'shop', run: number, reason: '' }, 'user:ada');
    house.worker.wake();
    expect((await house.settled('shop', number)).row.state).to.equal('cancelled');
    expect(await names()).to.deep.equal(['production 1', 'test 2']);
  });
});

describe('a push that is no release', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const logOf = async (number: number) => {
    const { row, steps } = await house.settled('shop', number);
    return (await house.engine.parts.logs.read(row.id, steps[0]?.id ?? '', 0, 20_000)).toString();
  };

  it('of a repository without a pipeline is accepted, and gets a proposal', async () => {
    const number = await house.push('shop', { Dockerfile: 'FROM gantry/node\nEXPOSE 8080\n' });
    const { row } = await house.settled('shop', number);
    expect([row.state, row.reason]).to.deep.equal(['ignored', 'there is no gantry.yml; write it with: gantry init']);
    expect(await logOf(number))
      .to.contain('app: shop')
      .and.contain('dockerfile: Dockerfile');
  });

  it('with a wrong pipeline fails with file, line, column and the nearest key', async () => {
    const number = await house.push('shop', { ...files('1'), 'gantry.yml': pipeline().replace('stages:', 'stagse:') });
    const { row } = await house.settled('shop', number);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.match(/gantry\.yml:6:1: .*stagse.*stages/);
  });

  it('of a branch that no pipeline wants is ignored, with the reason', async () => {
    const number = await house.push('shop', {
      ...files('1'),
      'gantry.yml': `${pipeline()}on: { branches: [release] }\n`,
    });
    const { row } = await house.settled('shop', number);
    expect(row.state).to.equal('ignored');
    expect(row.reason).to.contain('"main" starts no run');
  });

  it('with a gate for two people is refused while there is one user, with the reason', async () => {
    const text = pipeline().replace(
      'approve: { role: release-manager }\n    keepWarm',
      'approve: { role: release-manager, count: 2 }\n    keepWarm',
    );
    const number = await house.push('shop', { ...files('1'), 'gantry.yml': text });
    const { row } = await house.settled('shop', number);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.match(/one user|solo/);
  });

  it('names another app in its pipeline than it was pushed to', async () => {
    const number = await house.push('shop', {
      ...files('1'),
      'gantry.yml': pipeline().replace('app: shop', 'app: bank'),
    });
    expect((await house.settled('shop', number)).row.reason).to.contain('says app: bank, but it is for shop');
  });
});

describe('a WAR', () => {
  it('is injected in test and layered on the same base for gray and production', async () => {
    const house = await makeHouse({ hasty: true });
    try {
      await house.engine.apps.create('ledger', 'user:ada');
      const text = `app: ledger
build:
  artifact: { in: gantry/maven, run: mvn -B package, take: target/*.war, cache: [~/.m2] }
serve:
  base: gantry/tomcat
  port: 8080
  health: { path: /health, within: 2s }
  files: [{ from: conf/limits.properties, to: /etc/ledger/limits.properties }]
stages:
  test: { deliver: inject }
  gray: { share: 5% }
  production: {}
`;
      const number = await house.push('ledger', {
        'gantry.yml': text,
        'pom.xml': '<project/>',
        'conf/limits.properties': 'max=5\n',
      });
      const { row } = await house.through('ledger', number);
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
      const [release] = await house.engine.releases.list(await house.engine.apps.find('ledger'));
      const byPlace = Object.fromEntries(
        (await house.world.cluster.listInstances()).map((i) => [i.labels.environment, i.imageId]),
      );
      expect(byPlace.test).to.equal(release?.record.baseId);
      expect(byPlace.production).to.equal(release?.record.image.id);
      expect(release?.record.artifact?.kind).to.equal('war');
      const digests = Object.values(release?.record.stages ?? {}).map((s) => s.files[0]?.digest);
      expect(new Set(digests).size).to.equal(1);
    } finally {
      await house.close();
    }
  });
});
