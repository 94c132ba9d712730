import { isFinalRun } from '../../../engine/model/states';
import type { Bell } from '../../../engine/ports/queue';
import { connectBell } from '../../../engine/queue/bell';
import { hearHints } from '../../../runners/control/hear-hints';
import { mendQueue } from '../../../runners/control/mend-queue';
import { stepKinds } from '../../../runners/steps/kinds';
import { type House, makeHouse } from '../../support/house';
import { until } from '../../web/support/until';

/** A whole Gantry on the dummy world whose worker hears a real bell. */
export interface RingingHouse extends House {
  bell: Bell;
  warnings: string[];
  /** One turn of the control loop that mends the queue. */
  mend(): Promise<void>;
  /** Delivers a commit of an app, and waits until its run has ended by itself. Returns how it ended. */
  deliver(app?: string): Promise<string>;
  /** How often each step was taken. */
  taken(): Promise<number[]>;
}

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
  production: {}
`,
};

export async function makeRingingHouse(redisUrl: string): Promise<RingingHouse> {
  const warnings: string[] = [];
  const log = { info: () => {}, error: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
  const bell = connectBell(redisUrl, log);
  const house = await makeHouse({ parts: { bell, log }, hasty: true });
  await bell.listen(hearHints(house.engine, house.worker));
  await house.engine.apps.create('shop', 'user:ada');
  const turn = mendQueue(house.engine, { kinds: [...stepKinds(house.world).keys()] });
  return {
    ...house,
    bell,
    warnings,
    mend: turn,
    deliver: async (app = 'shop') => {
      const number = await house.push(app, { ...SHOP, 'gantry.yml': SHOP['gantry.yml'].replace('shop', app) });
      const state = async () => (await house.engine.runs.find(app, number)).row.state;
      await until(async () => isFinalRun(await state()));
      return state();
    },
    taken: async () => {
      const rows = await house.engine.parts.store.read.selectFrom('steps').select('epoch').execute();
      return rows.map(({ epoch }) => epoch);
    },
    close: async () => {
      await house.worker.drain(2_000); // as a runner stops: what it has heard is let go first
      await bell.close();
      await house.close();
    },
  };
}
