import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import { collectHost } from '../../engine/retention/collect-host';
import { collectLogs } from '../../engine/retention/collect-logs';
import type { Pass } from '../../engine/retention/passes';
import type { RetentionPolicy } from '../../engine/retention/policy';
import { bytesOf, countsOf, isEmpty } from '../../engine/retention/report';
import { Sweep } from '../../engine/retention/sweep';
import { sweepRecords } from '../../engine/retention/sweep-records';
import type { World } from '../world';

/** How often the rule prunes by itself. */
const EVERY_MS = 3_600_000;
/** Between two transactions: others write then. */
const BREATH_MS = 20;

/** Carries out the pass of retention that is due: what somebody asked for, or the rule's own. */
export async function prune(engine: Engine, world: World, policy: RetentionPolicy, signal: AbortSignal): Promise<void> {
  const pass = await engine.retention.next(EVERY_MS);
  if (pass === undefined) return;
  const sweep = new Sweep(engine.parts, policy, pass, () => wait(BREATH_MS, undefined, { signal }));
  try {
    await sweepRecords(sweep);
    await collectLogs(sweep, world.logFolders);
    signal.throwIfAborted();
    await collectHost(sweep, world.belongings);
  } catch (error) {
    // Whoever has this loop next goes on with it.
    if (signal.aborted) return;
    await engine.retention.end(pass, sweep.report, messageOf(error));
    throw error;
  }
  await engine.retention.end(pass, sweep.report);
  tell(engine, pass, sweep);
}

function tell(engine: Engine, { kind, askedBy }: Pass, { report }: Sweep): void {
  if (kind === 'look' || isEmpty(report)) return;
  const fields = { ...countsOf(report), bytes: bytesOf(report), by: askedBy };
  engine.parts.log.info(fields, 'what was over for long enough is removed');
}
