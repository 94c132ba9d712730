import { expect } from 'chai';
import type { Engine } from '../../../engine/engine';
import type { Environment } from '../../../engine/environments/find';
import type { Instance } from '../../../engine/instances/record';
import { removeLaneless } from '../../../runners/serving/take-down';
import type { World } from '../../../runners/world';

describe('instances that are going without a lane', () => {
  it('are drained side by side, so that the last does not wait for the first', async () => {
    const draining: string[] = [];
    const gone: string[] = [];
    const { promise: drained, resolve: endDrains } = Promise.withResolvers<void>();
    const engine = {
      parts: { clock: { now: () => 0 } },
      instances: { move: async (name: string) => gone.push(name) },
    } as unknown as Engine;
    const world = {
      gateway: {
        removeServers: async (_slot: number, _lane: string, names: string[]) => {
          draining.push(...names);
          if (draining.length === 2) endDrains();
          await drained;
        },
      },
      cluster: { removeInstance: async () => undefined },
    } as unknown as World;
    const environment = { name: 'production', slot: 0 } as Environment;
    const instances = [
      { name: 'one', lane: 'a' },
      { name: 'two', lane: 'b' },
    ] as Instance[];
    await removeLaneless(engine, world, environment, instances, () => undefined);
    expect([draining, gone.sort()]).to.deep.equal([
      ['one', 'two'],
      ['one', 'two'],
    ]);
  });
});
