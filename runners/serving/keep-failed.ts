import { InstanceUnhealthyError } from '../../engine/ports/cluster';
import type { StepWork } from '../../engine/ports/step-kind';

/**
 * Keeps the instance that did not get healthy, when its run or its stage wants that: as it is, running or not, out of
 * all traffic, until its time is over. Never for an undo: what is taken back leaves nothing behind.
 * @returns its name; undefined when nothing is kept
 */
export async function keepFailed(context: StepWork, error: unknown): Promise<string | undefined> {
  const { engine, lease, log, stage, signal } = context;
  if (!(error instanceof InstanceUnhealthyError) || lease.verb !== 'run' || signal.aborted) return undefined;
  const { row } = await engine.runs.find(lease.app.name, lease.run.number);
  const forMs = row.keep_failed_ms ?? stage?.keepFailed ?? 0;
  if (forMs === 0) return undefined;
  const { name } = error.details;
  const until = await engine.instances.keep(lease, name, forMs);
  log(`${name} is kept for a look until ${new Date(until).toISOString()}, out of all traffic:`);
  log(`  gantry logs ${lease.app.name} --instance ${name}`);
  log(`  gantry shell ${lease.app.name} --instance ${name}`);
  log(`  gantry instance remove ${lease.app.name} ${name}`);
  return name;
}
