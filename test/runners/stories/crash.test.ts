import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LeaseLostError } from '../../../engine/model/errors';
import type { StepId } from '../../../engine/model/ids';
import type { InstanceSpec } from '../../../engine/ports/cluster';
import type { World } from '../../../runners/world';
import { onPostgres } from '../../support/engine';
import { commit, type House, makeHouse } from '../../support/house';

const SHOP = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  test:
    verify: [{ http: { path: /health, status: 200 } }]
  gray:
    share: 5%
  production:
    approve: { role: release-manager }
`,
};
/** Every so many of the moments, others each day: a whole pass takes a minute of both cores, on PostgreSQL three. */
const STRIDE = onPostgres ? 9 : 3;
const DAY_MS = 86_400_000;

/** Dies at the n-th moment that matters, as a killed runner does: nothing more is written for the step. */
function dieAt(n: number): { probe: () => void; moments: () => number } {
  let count = 0;
  return {
    probe: () => {
      count++;
      if (count === n) throw new LeaseLostError('killed' as StepId, 0);
    },
    moments: () => count,
  };
}

/** Counts how often the world really made an instance for each effect. */
function counting(made: Map<string, number>) {
  return (world: World): World => {
    const start = world.cluster.startInstance.bind(world.cluster);
    world.cluster.startInstance = async (spec: InstanceSpec) => {
      const known = await world.cluster.findInstance(spec.name);
      const key = spec.labels.effect ?? '';
      if (known === undefined) made.set(key, (made.get(key) ?? 0) + 1);
      return start(spec);
    };
    return world;
  };
}

/** What the world looks like when two releases went through: the same, wherever somebody died. */
async function serving(house: House): Promise<unknown> {
  const environments = await house.engine.environments.list();
  const instances = await house.engine.instances.list();
  const slots = await Promise.all(environments.map((e) => house.world.gateway.listServers(e.slot)));
  const routes = await Promise.all(environments.map((e) => house.world.gateway.readRoute(e.host)));
  return {
    world: (await house.world.cluster.listInstances()).map((i) => i.name).sort(),
    sql: instances.map((i) => i.name).sort(),
    states: instances.map((i) => i.state),
    servers: slots
      .flat()
      .map((s) => s.name)
      .sort(),
    followed: environments.every((e, i) => e.version === e.confirmedVersion && routes[i]?.version === e.version),
    stable: environments.map((e) => [e.name, e.traffic.stable !== null, e.traffic.warm !== null, e.traffic.share]),
  };
}

async function twoReleases(
  n: number,
  repositories: string,
  commits: readonly string[],
): Promise<{ moments: number; states: string[]; end: unknown; made: number[] }> {
  const killer = dieAt(n);
  const made = new Map<string, number>();
  const options = { parts: { probe: killer.probe }, change: counting(made), repositories, hasty: true };
  const house = await makeHouse(options);
  try {
    await house.engine.apps.create('shop', 'user:ada');
    const states: string[] = [];
    for (const [index, id] of commits.entries()) {
      // The push itself is answered or not; its delivery is committed either way, and the run is there.
      const run = await house.push('shop', id).catch(() => index + 1);
      states.push((await house.through('shop', run)).row.state);
    }
    return { moments: killer.moments(), states, end: await serving(house), made: [...made.values()] };
  } finally {
    await house.close();
  }
}

describe('a runner that is killed', () => {
  let folder = '';
  let commits: string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    commits = [await commit(folder, 'shop', SHOP), await commit(folder, 'shop', { version: '2' })];
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const history = (n: number) => twoReleases(n, join(folder, 'git'), commits);
  const shape = (end: unknown) => {
    const { world, sql, servers, ...rest } = end as { world: string[]; sql: string[]; servers: string[] };
    expect(sql).to.deep.equal(world);
    expect(servers).to.deep.equal(world);
    return { ...rest, instances: world.length };
  };

  it('at moments all over two releases, others each day, loses nothing and does nothing twice [F3] [F4]', async function () {
    this.timeout(180_000);
    const clean = await history(0);
    expect(clean.states).to.deep.equal(['succeeded', 'succeeded']);
    expect(clean.moments).to.be.greaterThan(60);
    for (let n = 1 + (Math.floor(Date.now() / DAY_MS) % STRIDE); n <= clean.moments; n += STRIDE) {
      const killed = await history(n);
      expect(killed.states, `killed at moment ${n}`).to.deep.equal(['succeeded', 'succeeded']);
      expect(shape(killed.end), `killed at moment ${n}`).to.deep.equal(shape(clean.end));
      expect(Math.max(...killed.made), `made twice at moment ${n}`).to.equal(1);
    }
  });
});
