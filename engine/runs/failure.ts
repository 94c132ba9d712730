import { adviceFor, type StepLimits } from '../logs/advice';
import type { LogLine } from '../logs/lines';
import { pickLines } from '../logs/pick';
import { readLogEnds } from '../logs/read';
import type { InstanceEnd, StepFailureNote } from '../model/instance-end';
import type { EngineParts } from '../parts';
import type { StepRow } from './apply';
import type { RunFound } from './find';

/** Why a step failed, for page, push output and command line alike. */
export interface FailureShown {
  step: string;
  /** One sentence. */
  error: string;
  /** The lines of its log that matter, with their numbers in the whole log; at most 20. */
  lines: LogLine[];
  /** What to try, most likely first. */
  tries: string[];
  /** How its container ended, when it was one that did not get healthy. */
  instance: InstanceEnd | null;
  /** Until when that container is kept for a look, ms UTC; null: it is gone. */
  keptUntil: number | null;
}

/** Of the step that made the run fail; null when none did. */
export async function failureOf(
  parts: EngineParts,
  found: Pick<RunFound, 'plan' | 'steps'>,
): Promise<FailureShown | null> {
  const step = found.steps.find((s) => s.state === 'failed');
  if (step === undefined) return null;
  const lines = pickLines(await readLogEnds(parts.logs, step.run_id, step.id));
  const shown = explainFailure(step, lines, limitsOf(step, found.plan));
  return { ...shown, keptUntil: await keptUntil(parts, shown.instance) };
}

async function keptUntil(parts: EngineParts, instance: InstanceEnd | null): Promise<number | null> {
  if (instance === null) return null;
  const row = await parts.store.read
    .selectFrom('instances')
    .select('kept_until')
    .where('name', '=', instance.name)
    .where('state', '=', 'kept')
    .executeTakeFirst();
  return row?.kept_until ?? null;
}

/** Puts together what is known. Pure. */
export function explainFailure(
  step: Pick<StepRow, 'name' | 'reason' | 'failure'>,
  lines: LogLine[],
  limits: StepLimits,
): Omit<FailureShown, 'keptUntil'> {
  const note: StepFailureNote =
    step.failure === null
      ? { error: step.reason, next: '', instance: null }
      : (JSON.parse(step.failure) as StepFailureNote);
  const text = [note.error, ...lines.map((line) => line.text)].join('\n');
  const known = adviceFor(text, limits).map(({ sentence }) => sentence);
  return {
    step: step.name,
    error: note.error,
    lines,
    // Who failed says it in general; what is known of the log says it of this case.
    tries: known.length > 0 || note.next === '' ? known : [note.next],
    instance: note.instance,
  };
}

function limitsOf(step: StepRow, plan: RunFound['plan']): StepLimits {
  const spec = JSON.parse(step.spec) as { memory?: number };
  const serve = plan?.stages.find(({ name }) => name === step.stage)?.serve;
  if (step.kind === 'deliver' && serve !== undefined) {
    const { resources, health, port } = serve;
    return { memory: resources.memory, memoryKey: 'serve.resources.memory', healthWithin: health.within, port };
  }
  const memoryKey = step.kind === 'build-artifact' ? 'build.artifact.memory' : 'its "memory"';
  return { memory: spec.memory ?? null, memoryKey, healthWithin: null, port: null };
}
