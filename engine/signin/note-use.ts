import type { EngineParts } from '../parts';
import type { Found } from './find';
import { NOTE_USE_MS } from './limits';

/** Is it time to write down again that a token or a session was used? */
export const wantsNote = (parts: EngineParts, { usedAt }: Found['by']): boolean =>
  usedAt === null || parts.clock.now() - usedAt >= NOTE_USE_MS;

/** Writes down that a token or a session is used now. That may be late or lost: nothing but its age depends on it. */
export async function noteUse(parts: EngineParts, { table, hash }: Found['by']): Promise<void> {
  const now = parts.clock.now();
  const before = now - NOTE_USE_MS;
  await parts.store.write(async (tx) => {
    if (table === 'signin_sessions') {
      await tx
        .updateTable(table)
        .set({ seen_at: now })
        .where('hash', '=', hash)
        .where('seen_at', '<=', before)
        .execute();
      return;
    }
    await tx
      .updateTable(table)
      .set({ last_used_at: now })
      .where('hash', '=', hash)
      .where(({ eb, or }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', before)]))
      .execute();
  });
}
