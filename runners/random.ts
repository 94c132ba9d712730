import { randomFillSync } from 'node:crypto';
import type { Random } from '../engine/ports/clock';

const PAGE_BYTES = 4_096;

/** Random bytes of the system, fetched by the page: each id asking for its own costs as much as the row that bears it. */
export function pagedRandom(): Random {
  const page = Buffer.alloc(PAGE_BYTES);
  let used = PAGE_BYTES;
  return {
    bytes: (count) => {
      if (count > PAGE_BYTES) return randomFillSync(Buffer.alloc(count));
      if (used + count > PAGE_BYTES) {
        randomFillSync(page);
        used = 0;
      }
      used += count;
      // A copy: what is given away is neither changed nor seen by anybody else.
      return Buffer.from(page.subarray(used - count, used));
    },
  };
}
