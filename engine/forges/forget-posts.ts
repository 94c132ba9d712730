import type { EngineParts } from '../parts';

/** What a forge shows, and nothing has changed for so long, is its own, ms. */
const KEPT_MS = 90 * 24 * 3_600_000;

/** Removes what was told long ago: a run of such a commit would be told anew. */
export async function forgetPosts(parts: EngineParts): Promise<void> {
  await parts.store.write((tx) =>
    tx
      .deleteFrom('forge_posts')
      .where('updated_at', '<', parts.clock.now() - KEPT_MS)
      .execute(),
  );
}
