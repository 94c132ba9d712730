import { setImmediate as turn } from 'node:timers/promises';
import { requestOf } from '../../engine/model/ref-name';
import type { StepContext } from '../../engine/ports/step-kind';
import { CHANGED_PATHS_MAX } from '../../pipelines/limits';
import { PIPELINE_FILE } from '../../pipelines/parse';
import { isBranch, wantsRef } from '../../pipelines/refs';
import { skipMark, triggersOf, wantsFile } from '../../pipelines/triggers';
import type { PipelineSpec } from '../../pipelines/types';
import type { AppSources } from './app-sources';

/**
 * Why a run goes no further than its plan, as a sentence; undefined when its pipeline wants it. The words of a message
 * and the paths that changed hold back a push of a branch only: a tag names its commit on purpose, and a restart is
 * what a person asked for.
 * @param message of the commit
 */
export async function reasonToIgnore(
  context: StepContext<'plan'>,
  sources: AppSources,
  spec: PipelineSpec,
  message: string,
): Promise<string | undefined> {
  const { run, app } = context.lease;
  if (requestOf(run.ref) !== undefined) return spec.on.requests ? undefined : UNWANTED_REQUEST;
  const verdict = wantsRef(spec, run.ref);
  if (!verdict.wanted) return verdict.reason;
  if (run.trigger !== 'push' || !isBranch(run.ref)) return undefined;
  const mark = spec.on.skip ? skipMark(message) : null;
  const reason = mark === null ? await unwantedPaths(context, sources, spec) : `its commit message says ${mark}`;
  return reason && `${reason}; run it all the same with: gantry restart ${app.name} ${run.number}`;
}

const UNWANTED_REQUEST = `pull and merge requests start no run: on.requests of ${PIPELINE_FILE} is not true`;

async function unwantedPaths(
  { lease, engine, log, signal }: StepContext<'plan'>,
  sources: AppSources,
  spec: PipelineSpec,
): Promise<string | undefined> {
  const { paths } = spec.on;
  if (paths === null) return undefined;
  const earlier = await engine.runs.toldBefore(lease);
  const changed =
    earlier === undefined
      ? { unknown: 'what the branch had before this push is not known' }
      : await sources.changedSince(earlier, CHANGED_PATHS_MAX);
  if ('unknown' in changed) {
    log(`on.paths: every path counts as changed: ${changed.unknown}`);
    return undefined;
  }
  const { files } = changed;
  const triggers = triggersOf(spec);
  for (const file of files) {
    // Many paths and many patterns take long, and other steps of this runner have leases to renew.
    await turn(undefined, { signal });
    if (!wantsFile(triggers, file)) continue;
    log(`on.paths: ${file.path} is wanted, one of ${count(files.length)}`);
    return undefined;
  }
  const file = sources.inRepository(PIPELINE_FILE);
  return `the push changed ${count(files.length)}, and on.paths of ${file} wants none of them: ${shortened(paths)}`;
}

/** Patterns that a reason names; a list may be much longer. */
const NAMED = 8;

function shortened(patterns: readonly string[]): string {
  const named = patterns.slice(0, NAMED).join(', ');
  return patterns.length > NAMED ? `${named} and ${patterns.length - NAMED} more` : named;
}

const count = (paths: number): string => `${paths} ${paths === 1 ? 'path' : 'paths'}`;
