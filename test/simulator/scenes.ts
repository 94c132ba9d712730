import { APPS, type AppName, type Command, type PipelineName } from './commands/command';
import { play } from './commands/play';
import type { SimulatedDatabase } from './database';
import { History } from './history';
import { DECIDERS, settlePeople } from './world/people';
import { copyWorld, makeSimulatedWorld, type Outside } from './world/world';

/** Where histories begin. What it takes to get there was played once. */
export const SCENES = ['empty', 'stable', 'warm', 'gray'] as const;
export type SceneName = (typeof SCENES)[number];

export interface Scene {
  name: SceneName;
  outside: Outside;
  now: number;
}

const SEED = 1;
const TURNS_MAX = 400;

/** Plays what leads to each scene: a first release, a second one with the first kept warm, a third one in gray. */
export async function playScenes(database: SimulatedDatabase): Promise<ReadonlyMap<SceneName, Scene>> {
  database.empty();
  const history = new History(SEED, database);
  for (const app of APPS) await history.engine.apps.create(app, 'user:ada');
  settlePeople(history.db);
  await history.begin(1);
  const scenes = new Map<SceneName, Scene>();
  const keep = (name: SceneName): void => {
    database.keep(name);
    scenes.set(name, { name, outside: snapshot(history), now: history.clock.now() });
  };
  keep('empty');
  await carry(history, 'shop', 'short', true);
  keep('stable');
  await carry(history, 'shop', 'full', true);
  await carry(history, 'bank', 'gates', true);
  keep('warm');
  await carry(history, 'shop', 'full', false);
  await carry(history, 'bank', 'gates', true);
  await carry(history, 'bank', 'gates', false);
  keep('gray');
  return scenes;
}

function snapshot({ outside }: History): Outside {
  const copy = makeSimulatedWorld(() => 0);
  copyWorld(outside, copy);
  return copy;
}

/** A push that is carried to production, or only until the last gate waits for people. */
async function carry(history: History, app: AppName, pipeline: PipelineName, whole: boolean): Promise<void> {
  await play(history, { do: 'push', at: 'web-1', app, pipeline, copies: 1, move: 'on' });
  for (let i = 0; i < TURNS_MAX; i++) {
    const { steps, running, gatesOf } = history.open();
    const waits = gatesOf.includes(app);
    if (waits && !whole && isLastGate(history, app)) return;
    if (steps > 0) await play(history, { do: 'work', at: 'runner-1', another: true });
    else if (waits) for (const user of DECIDERS) await play(history, yes(app, user));
    else if (running > 0) await play(history, { do: 'pass', ms: 1_000 });
    else return;
  }
  throw new Error(`${app} did not get anywhere: ${history.errors.join('; ')}`);
}

const yes = (app: AppName, user: string): Command => ({
  do: 'vote',
  at: 'web-1',
  app,
  user,
  vote: 'yes',
  shown: 'now',
});

const isLastGate = ({ db }: History, app: AppName): boolean =>
  db
    .prepare(`select 1 from approvals join steps on steps.id = step_id join apps on apps.id = approvals.app_id
      where approvals.state = 'requested' and steps.stage = 'production' and apps.name = ?`)
    .get(app) !== undefined;
