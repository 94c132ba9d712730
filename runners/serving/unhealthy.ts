import { StepFailure } from '../../engine/model/errors';
import type { InstanceUnhealthyError } from '../../engine/ports/cluster';

/** Lines of the container's output that travel with the failure; all that were read stand in the log. */
const LINES_TOLD = 50;

/** What a developer needs to see, in the log; the same, shorter, as the failure of the step. */
export function unhealthy(error: InstanceUnhealthyError, log: (line: string) => void): StepFailure {
  const { details } = error;
  const { exitCode, outOfMemory, answers, lastLines } = details;
  log(`not healthy: ${error.message}`);
  log(`exit code: ${exitCode ?? 'still running'}; out of memory: ${outOfMemory ? 'yes' : 'no'}`);
  for (const { afterMs, words } of answers) log(`health check: ${words} (from ${(afterMs / 1000).toFixed(1)} s on)`);
  log(`the last ${lastLines.length} lines of the container:`);
  for (const line of lastLines) log(`  | ${line}`);
  const exit = exitCode === null ? '' : ` (exit code ${exitCode})`;
  return new StepFailure(
    'user',
    `${error.message}${exit}${outOfMemory ? '; it ran out of memory' : ''}`,
    outOfMemory ? 'raise serve.resources.memory' : '',
    { cause: error, instance: { ...details, lastLines: lastLines.slice(-LINES_TOLD) } },
  );
}
