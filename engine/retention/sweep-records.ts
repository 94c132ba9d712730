import { collectArtifacts } from './collect-artifacts';
import { collectRuns } from './collect-runs';
import { collectDeliveries, collectEvents, collectInstances, collectLists, forgetPasses } from './collect-traces';
import type { Sweep } from './sweep';

/** Everything that is kept as rows, and the bytes of artifacts: what hangs on a run goes after the run. */
export async function sweepRecords(sweep: Sweep): Promise<void> {
  await collectEvents(sweep);
  await collectInstances(sweep);
  await collectRuns(sweep);
  await collectDeliveries(sweep);
  await collectLists(sweep);
  await collectArtifacts(sweep);
  await forgetPasses(sweep);
}
