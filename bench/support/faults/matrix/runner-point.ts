import { madeTwice, standing, WorldJournal } from '../journal';
import { Records } from '../outcomes';
import { MOMENTS, type RunnerDoom } from './doom';
import { HISTORIES, type History, PLAYED_MS } from './histories';
import { drive, type MatrixPlace, runnerIn } from './runners';
import type { Templates } from './templates';
import { openWorkplace, type Workplace } from './workplace';

/** Most effects are over sooner; those that are played take longer. */
const INSIDE_MS = PLAYED_MS / 6;

export type RunnerPoint = Omit<RunnerDoom, 'run'> & { kind: string };

/** Every step kind, at each of the five moments. */
export const runnerPoints = (): RunnerPoint[] =>
  HISTORIES.flatMap(({ steps }) =>
    steps.flatMap(({ kind, step }) => MOMENTS.map((moment) => ({ kind, step, moment, insideMs: INSIDE_MS }))),
  );

/** A runner dies at this point, for real; another one goes on. @returns what is wrong afterwards, a sentence each */
export async function tryRunnerPoint(place: MatrixPlace, templates: Templates, point: RunnerPoint): Promise<string[]> {
  const history = HISTORIES.find(({ steps }) => steps.some(({ step }) => step === point.step)) as History;
  const template = await templates.of(history.pipeline);
  const name = `${point.step} ${point.moment}`.replaceAll(/\W/g, '-');
  const workplace = await openWorkplace(await templates.copy(template, name), place.redisUrl);
  try {
    const run = await history.begin(workplace.engine, template.next);
    const killed = await untilKilled(place, workplace, name, { ...point, run });
    if (killed.length > 0) return killed;
    await workplace.expireLeases();
    const heir = runnerIn(place, workplace.home, `${name}-heir`);
    await heir.start();
    const state = await drive(workplace, run);
    await heir.stop();
    const wrong = state === 'succeeded' ? [] : [`the run ended as ${state}`];
    return [...wrong, ...heir.deaths, ...(await wrongIn(workplace))];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    await workplace.close();
  }
}

/** @returns why it has not died as it should */
async function untilKilled(
  place: MatrixPlace,
  workplace: Workplace,
  name: string,
  doom: RunnerDoom,
): Promise<string[]> {
  const doomed = runnerIn(place, workplace.home, `${name}-doomed`, doom);
  await doomed.start();
  const state = await drive(workplace, doom.run, { stop: () => !doomed.runs });
  if (doomed.runs) {
    await doomed.kill();
    return [`the runner did not reach this point: the run is ${state}`];
  }
  return doomed.deaths.filter((words) => !words.includes('SIGKILL'));
}

/** What must be true after every death, whoever died where. */
async function wrongIn({ home, engine }: Workplace): Promise<string[]> {
  const entries = new WorldJournal(home).read();
  const records = new Records(home);
  try {
    const world = standing(entries).sort().join();
    const sql = records.instances().sort().join();
    const verdict = await engine.audit.verify({});
    return [
      ...madeTwice(entries).map((key) => `made twice: ${key}`),
      ...(world === sql ? [] : [`these stand: ${world}; these are recorded: ${sql}`]),
      ...records.unsettledEffects(),
      ...(verdict.ok ? [] : [`the audit does not verify: ${JSON.stringify(verdict)}`]),
    ];
  } finally {
    records.close();
  }
}
