import { emit } from '../../../engine/events/emit';
import { type House, makeHouse } from '../../support/house';

export const LINKS = {
  run: (app: string, number: number) => `http://gantry/apps/${app}/runs/${number}`,
  host: (host: string) => `http://${host}/`,
};

export const FILES = {
  'gantry.yml': `app: shop
serve: { image: {}, port: 8080, health: { path: /health } }
stages: { test: {}, production: {} }
`,
  Dockerfile: 'FROM scratch\n',
};

/** A house with the app `shop`, whose clock can be put forward. */
export interface Told {
  house: House;
  /** Added to the time, ms. */
  later(ms: number): void;
  /** Turns everything that has happened into what is to be told. */
  collect(): Promise<void>;
}

export async function makeTold(idle = false): Promise<Told> {
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const house = await makeHouse({ hasty: true, idle, parts: { clock } });
  await house.engine.apps.create('shop', 'user:ada');
  return {
    house,
    later: (ms) => {
      ahead += ms;
    },
    collect: async () => {
      while (await house.engine.outbox.collect(LINKS));
    },
  };
}

/** As if the run had failed. */
export async function failRun({ engine }: House, number: number): Promise<void> {
  const { row } = await engine.runs.find('shop', number);
  const app = await engine.apps.find('shop');
  await engine.parts.store.write(async (tx) => {
    const data = { state: 'failed', reason: 'a test' };
    await emit(engine.parts, tx, { app: app.id, run: row.id, type: 'run', data });
  });
}
