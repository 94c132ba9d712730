import { checkParameters, type ParameterValues } from '../../pipelines/parameters';
import { wantsRef } from '../../pipelines/refs';
import type { PipelineSpec } from '../../pipelines/types';
import { findAppIn } from '../apps/find';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { ringAll } from './apply';
import { createRun } from './create';
import { PLAN_FIRST } from './plan-first';
import { demandRoom } from './room';

export interface StartWanted {
  app: string;
  /** A branch or tag by its full name, and the commit of it that is to be run. */
  ref: string;
  commit: string;
  /** The pipeline at that commit: the run will read the very same. */
  spec: Pick<PipelineSpec, 'app' | 'on'>;
  /** As they were typed, or as JSON has them. */
  parameters: Readonly<Record<string, unknown>>;
  reason: string;
}

export interface RunStarted {
  run: number;
  ref: string;
  commit: string;
  parameters: ParameterValues;
}

/**
 * Starts a run because a person says so, with the values that the pipeline asks for.
 * @throws GantryError `app-unknown`, `ref-unwanted`, `parameters`, `too-many-runs`.
 */
export async function startRun(parts: EngineParts, wanted: StartWanted, actor: Actor): Promise<RunStarted> {
  const { ref, commit, spec, reason } = wanted;
  demandWanted(spec, wanted);
  const parameters = demandParameters(spec, wanted);
  const started = await parts.store.write(async (tx) => {
    const app = await findAppIn(tx, wanted.app);
    await demandRoom(parts, tx, app);
    return createRun(parts, tx, app, {
      trigger: 'start',
      ref,
      commit,
      title: '',
      author: '',
      startedBy: actor,
      parameters,
      cause: { kind: 'start', reason },
      steps: PLAN_FIRST,
    });
  });
  await ringAll(parts, started.hints);
  return { run: started.row.number, ref, commit, parameters };
}

function demandWanted(spec: StartWanted['spec'], { app, ref }: StartWanted): void {
  if (spec.app !== app) {
    const message = `gantry.yml says app: ${spec.app}, but it is for ${app}`;
    throw new GantryError('invalid', 'ref-unwanted', message, `write app: ${app}`);
  }
  const verdict = wantsRef(spec, ref);
  if (verdict.wanted) return;
  const next = 'name a branch or tag that it wants, or widen the list';
  throw new GantryError('conflict', 'ref-unwanted', verdict.reason.replace(/\.$/, ''), next);
}

function demandParameters(spec: StartWanted['spec'], { app, parameters }: StartWanted): ParameterValues {
  const checked = checkParameters(spec.on.manual.parameters, parameters);
  if ('values' in checked) return checked.values;
  const names = spec.on.manual.parameters.map(({ name }) => `--set ${name}=VALUE`).join(' ');
  const next = `start it with: gantry run start ${app}${names === '' ? '' : ` ${names}`}`;
  throw new GantryError('invalid', 'parameters', checked.problems.join('; '), next);
}
