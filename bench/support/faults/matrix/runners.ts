import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isFinalRun } from '../../../../engine/model/states';
import { EXTENSION } from '../fleet';
import { Killable } from '../killable';
import type { FleetPlace } from '../place';
import type { RunnerDoom, WebDoom } from './doom';
import { APP } from './histories';
import type { Workplace } from './workplace';

/** What every point of the matrix needs. */
export interface MatrixPlace extends FleetPlace {
  redisUrl: string;
}

const LIMIT_MS = 120_000;
const LOOK_MS = 25;

/**
 * Says yes at every gate until the run is final, or as told: until it waits at a step, or until something has happened.
 * @returns its state then
 */
export async function drive(
  { engine }: Workplace,
  number: number,
  { until, stop = () => false }: { until?: string | undefined; stop?: () => boolean } = {},
): Promise<string> {
  for (const deadline = Date.now() + LIMIT_MS; ; await pause(LOOK_MS)) {
    const { row, steps } = await engine.runs.find(APP, number);
    if (isFinalRun(row.state) || stop()) return row.state;
    const waits = steps.find(({ state }) => state === 'waiting');
    if (waits !== undefined && waits.name === until) return row.state;
    if (row.state === 'waiting') {
      await engine.approvals.decide({ app: APP, run: number, user: 'ada', vote: 'yes', reason: '' });
    }
    if (Date.now() > deadline) throw new Error(`run ${number} is still ${row.state} after ${LIMIT_MS / 1_000} s`);
  }
}

/** A runner on the dummy world of this folder; with a doom, one that dies. */
export const runnerIn = (place: MatrixPlace, home: string, name: string, doom?: RunnerDoom): Killable =>
  mainIn(place, home, { name, file: join(__dirname, 'doomed-runner'), words: wordsOf(doom) });

/** A web of this folder. */
export function webIn(place: MatrixPlace, home: string, name: string, port: number, doom?: WebDoom): Killable {
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/health/live`).then(
      ({ ok }) => ok,
      () => false, // it does not listen yet
    );
  const settings = { GANTRY_LISTEN: `127.0.0.1:${port}` };
  return mainIn(place, home, { name, file: join(__dirname, 'doomed-web'), words: wordsOf(doom), settings, isReady });
}

const wordsOf = (doom: object | undefined): string[] => (doom === undefined ? [] : [JSON.stringify(doom)]);

interface Main {
  name: string;
  /** Without its extension. */
  file: string;
  words: readonly string[];
  settings?: NodeJS.ProcessEnv;
  isReady?: () => Promise<boolean>;
}

/** A main of a test's own, on the dummy world of this folder; it ends with the place. */
export function mainIn(place: MatrixPlace, home: string, main: Main): Killable {
  const preload = EXTENSION === '.ts' ? ['-r', 'ts-node/register'] : [];
  const settings = { GANTRY_HOME: home, GANTRY_REDIS_URL: place.redisUrl, GANTRY_DUMMY: '1', GANTRY_CONCURRENCY: '1' };
  const one = new Killable({
    name: main.name,
    command: process.execPath,
    args: [...preload, `${main.file}${EXTENSION}`, ...main.words],
    environment: {
      ...place.environment,
      ...settings,
      ...main.settings,
      GANTRY_LOG: 'warn',
      TS_NODE_TRANSPILE_ONLY: 'true',
    },
    folder: place.root,
    logFile: join(place.folder, `${main.name}.log`),
    isReady: main.isReady ?? (async () => true),
  });
  place.later(async () => void (await one.kill()));
  return one;
}
