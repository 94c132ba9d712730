import type { Actor, EngineParts } from '../parts';
import type { Anchors } from '../ports/anchors';
import { anchor, readAnchors } from './anchors';
import { verifyAudit } from './verify';

/**
 * Writes into the anchors that older records count from now on. Only who may write there can say so: whoever has the
 * database alone cannot make a cut tail look like a restore. Anchors that are broken themselves stay as they are.
 */
export async function anchorRestored(
  { store, clock }: Pick<EngineParts, 'store' | 'clock'>,
  anchors: Anchors,
  actor: Actor,
): Promise<void> {
  const known = await readAnchors(anchors);
  if (known.lines === 0 || known.break !== null) return;
  const { chains } = await verifyAudit({ store }, {});
  const heads = new Map(chains.map(({ chain, ...head }) => [chain, head] as const));
  await anchor(anchors, known, heads, { at: clock.now(), restored: actor });
}
