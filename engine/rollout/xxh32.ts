const PRIMES = [2654435761, 2246822519, 3266489917, 668265263, 374761393] as const;
const [P1, P2, P3, P4, P5] = PRIMES;

/** XXH32 of the bytes, 0 to 2^32 - 1, exactly as HAProxy's converter `xxh32(seed)` gives it. */
export function xxh32(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash: number;
  if (bytes.length >= 16) {
    let lanes = [seed + P1 + P2, seed + P2, seed, seed - P1];
    for (; at + 16 <= bytes.length; at += 16) {
      const start = at;
      lanes = lanes.map((lane, index) => round(lane, view.getUint32(start + 4 * index, true)));
    }
    const [a = 0, b = 0, c = 0, d = 0] = lanes;
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  } else {
    hash = seed + P5;
  }
  hash += bytes.length;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(view.getUint32(at, true), P3), 17), P4);
  }
  for (; at < bytes.length; at += 1) hash = Math.imul(rotate(hash + Math.imul(view.getUint8(at), P5), 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const round = (lane: number, word: number): number => Math.imul(rotate(lane + Math.imul(word, P2), 13), P1);
const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
