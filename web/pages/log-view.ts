import type { RunShown, StepShown } from '../../engine/runs/show';
import type { WebParts } from '../parts';

/**
 * The log of a step as a page shows it: its end, or the surroundings of the line that a link names.
 *
 * @param after id of the newest event that the page has seen; the script goes on from there
 */
export async function logViewOf(
  parts: WebParts,
  run: RunShown,
  step: StepShown,
  wanted: { line: number | undefined; after: number },
) {
  const ref = { runId: run.id, stepId: step.id };
  const view = wanted.line === undefined ? await parts.logs.tail(ref) : await parts.logs.around(ref, wanted.line);
  const name = encodeURIComponent(step.name);
  const { offset, line } = view.next;
  return {
    ...view,
    step: step.name,
    address: `/apps/${run.app}/runs/${run.number}?step=${name}`,
    source: `/api/v1/apps/${run.app}/runs/${run.number}/steps/${name}/log`,
    position: `${wanted.after}.${offset}.${line}`,
    begun: step.startedAt !== null,
  };
}
