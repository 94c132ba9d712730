import type { Plan } from '../../pipelines/types';
import type { RunId } from '../model/ids';
import { Recent } from '../model/recent';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';

/** A run's plan never changes once it is there, and each of its steps asks for it. */
const recent = new Recent<RunId, Promise<Plan | undefined>>(32);

const planText = statement<{ run: RunId }, { plan: string | null }>((db, argument) =>
  db.selectFrom('runs').select('plan').where('id', '=', argument('run')),
);

/** The plan of a run; undefined until it was planned, and in runs that have none of their own. It must not be changed. */
export function planOfRun(parts: EngineParts, run: RunId): Promise<Plan | undefined> {
  const known = recent.get(run);
  if (known !== undefined) return known;
  const reading = readPlan(parts, run);
  const forget = (): void => recent.forget(run);
  reading.then((plan) => plan === undefined && forget(), forget);
  return recent.put(run, reading);
}

async function readPlan(parts: EngineParts, run: RunId): Promise<Plan | undefined> {
  const text = (await planText(parts.store.read, { run }))[0]?.plan ?? null;
  return text === null ? undefined : (JSON.parse(text) as Plan);
}
