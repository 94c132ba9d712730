import { GantryError } from '../model/errors';
import { isFinalRun } from '../model/states';
import type { Actor, EngineParts } from '../parts';
import { applyEvent, ringAll } from './apply';
import { findRun } from './find';

/**
 * Ends a run early. When this returns, no step of it begins any more; what runs is told to stop, and what it changed
 * in gray or production is taken back.
 * @throws GantryError `run-unknown`, `run-ended`.
 */
export async function cancelRun(
  parts: EngineParts,
  wanted: { app: string; run: number; reason: string },
  actor: Actor,
): Promise<{ state: string }> {
  const { row } = await findRun(parts, wanted.app, wanted.run);
  const applied = await parts.store.write(async (tx) => {
    const now = await tx.selectFrom('runs').select('state').where('id', '=', row.id).executeTakeFirstOrThrow();
    if (isFinalRun(now.state) || now.state === 'undoing') {
      throw new GantryError('conflict', 'run-ended', `${wanted.app}#${wanted.run} is ${now.state} already`);
    }
    const reason = `cancelled by ${actor.replace(/^user:/, '')}${wanted.reason && `: ${wanted.reason}`}`;
    return applyEvent(parts, tx, row.id, { type: 'end-early', as: 'cancelled', reason }, actor);
  });
  await ringAll(parts, applied.hints);
  return { state: applied.state };
}
