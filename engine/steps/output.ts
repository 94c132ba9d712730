import type { Json } from '../model/hash';
import type { RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';

const outputText = statement<{ run: RunId; step: string }, { output: string | null }>((db, argument) =>
  db.selectFrom('steps').select('output').where('run_id', '=', argument('run')).where('name', '=', argument('step')),
);

/** What a step left for those after it; undefined when there is no such step, or it has left nothing. */
export async function outputOfStep(parts: EngineParts, run: RunId, step: string): Promise<Json | undefined> {
  const text = (await outputText(parts.store.read, { run, step }))[0]?.output ?? null;
  return text === null ? undefined : (JSON.parse(text) as Json);
}
