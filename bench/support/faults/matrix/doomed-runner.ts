/** A runner that kills itself at one moment of one step: `DOOM` as JSON, or nothing for one that lives. */
import { sql } from 'kysely';
import type { EngineParts } from '../../../../engine/parts';
import type { ProbePoint } from '../../../../engine/ports/clock';
import type { Tx } from '../../../../engine/store/store';
import { runMain } from '../../../../runners/run';
import { runnerSettings } from '../../../../settings';
import { die, type RunnerDoom } from './doom';

const [text] = process.argv.slice(2);
const doom = text === undefined ? undefined : (JSON.parse(text) as RunnerDoom);

/** Steps that leave no effect behind die in the transactions of their lease and of their result. */
function doomed(parts: EngineParts, { run, step, moment, insideMs }: RunnerDoom): EngineParts {
  let holds = false;
  let intends = false;
  const { store } = parts;
  const stateIn = async (tx: Tx): Promise<string | undefined> => {
    const found = await sql<{ state: string }>`select s.state from steps s join runs r on r.id = s.run_id
      where r.number = ${run} and s.name = ${step}`.execute(tx);
    return found.rows[0]?.state;
  };
  const write: typeof store.write = (work) =>
    store.write(async (tx) => {
      const before = moment === 'before intent' && !hasEffects(step) ? await stateIn(tx) : undefined;
      const done = await work(tx);
      if (before === 'ready' && (await stateIn(tx)) === 'running') die();
      const ends = moment === 'after the effect' && holds && !hasEffects(step) && (await stateIn(tx)) !== 'running';
      if (ends) die();
      return done;
    });
  const probe = (point: ProbePoint, detail: Record<string, string | number>): void => {
    if (point === 'step-taken' && detail.step === step) {
      holds = true;
      if (!hasEffects(step)) intended();
      else if (moment === 'before intent') die();
    }
    if (!holds) return;
    if (point === 'effect-intended') intended();
    if (point === 'effect-done' && moment === 'after the effect') die();
    if (point === 'effect-confirmed' && moment === 'after confirm') die();
    if (point === 'step-ended' && detail.step === step && moment === 'after confirm') die();
  };
  const intended = (): void => {
    if (intends) return;
    intends = true;
    if (moment === 'after intent') die();
    if (moment === 'in the effect') setTimeout(die, insideMs);
  };
  return { ...parts, store: { ...store, write }, probe };
}

/** Steps that change nothing in the world: reading, deciding, looking. */
const EFFECTLESS = /^(plan|seal|take-.*)$|\/(approve|observe)$/;
const hasEffects = (step: string): boolean => !EFFECTLESS.test(step);

void runMain(runnerSettings(), doom === undefined ? undefined : (parts) => doomed(parts, doom));
