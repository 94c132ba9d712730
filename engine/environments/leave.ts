import type { EngineParts } from '../parts';
import { endLeaving, endSessions, type Traffic } from '../rollout/traffic';
import { changeTrafficIn } from './change';
import { type Environment, findEnvironmentIn } from './find';

const RULE = { rule: 'drain-deadline' } as const;

/**
 * Lets sessions in the lane that lost the traffic move on, when its time is over.
 * @returns the environment as it is now; undefined when nothing is due.
 */
export async function endSessionsDue(
  parts: EngineParts,
  environmentId: Environment['id'],
): Promise<Environment | undefined> {
  return changeWhenDue(parts, environmentId, endSessions);
}

/** Notes that nothing is open there any more. Nothing when the lane has another role by now. */
export async function endLeavingDue(parts: EngineParts, environmentId: Environment['id']): Promise<void> {
  await changeWhenDue(parts, environmentId, endLeaving);
}

async function changeWhenDue(
  parts: EngineParts,
  environmentId: Environment['id'],
  move: (traffic: Traffic) => Traffic,
): Promise<Environment | undefined> {
  return parts.store.write(async (tx) => {
    const { leaving } = (await findEnvironmentIn(tx, environmentId)).traffic;
    if (leaving === null || leaving.until > parts.clock.now()) return undefined;
    return (await changeTrafficIn(parts, tx, RULE, environmentId, move)).after;
  });
}
