import type { Belonging, Belongings } from '../../engine/ports/belongings';

/** One object that was removed, or left with the reason. */
export interface Purged {
  kind: Belonging['kind'];
  name: string;
  left?: string;
}

/** In this order nothing is in use any more when its turn comes. */
const KINDS = ['container', 'image', 'network', 'volume'] as const;

/** Removes what an installation has: only containers (`apps`), or everything. */
export async function purge(
  belongings: Belongings,
  what: 'apps' | 'everything',
  say: (line: Purged) => void,
): Promise<void> {
  for (const kind of what === 'apps' ? KINDS.slice(0, 1) : KINDS) {
    for (const one of await belongings.list([kind])) {
      const left = await belongings.remove(one);
      say({ kind, name: one.name, ...(left === undefined ? {} : { left }) });
    }
  }
}
