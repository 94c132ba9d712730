/** Parts of a range of IPv4 addresses, as text: Docker speaks of them as `172.20.0.0/16`. */
export interface AddressRange {
  subnet: string;
  /** The lower half: what Docker may give to whoever asks. */
  dynamic: string;
  /** The first address; Docker gives it to the host. */
  first: string;
  /** The last address that somebody can have. It lies outside of `dynamic`, so it is free for one who names it. */
  last: string;
}

/** A range is divided into as many; each is large enough for the instances of a stage. */
const PARTS_BITS = 4;
const SMALLEST_PART_BITS = 24;

/** @throws Error when the text is no range that a network can have. */
export function addressRange(subnet: string): AddressRange {
  const { base, bits, size } = parse(subnet);
  return {
    subnet: `${text(base)}/${bits}`,
    dynamic: `${text(base)}/${bits + 1}`,
    first: text(base + 1),
    last: text(base + size - 2),
  };
}

/** The sixteen parts of a range; the range itself when they would be too small. */
export function partsOf(subnet: string): AddressRange[] {
  const { base, bits, size } = parse(subnet);
  if (bits + PARTS_BITS > SMALLEST_PART_BITS) return [addressRange(subnet)];
  const count = 2 ** PARTS_BITS;
  return Array.from({ length: count }, (_, part) =>
    addressRange(`${text(base + (part * size) / count)}/${bits + PARTS_BITS}`),
  );
}

/** What else a range was divided into when this was a part of it. */
export function siblingsOf(subnet: string): AddressRange[] {
  const { base, bits } = parse(subnet);
  if (bits > SMALLEST_PART_BITS) return [];
  const own = addressRange(subnet).subnet;
  return partsOf(`${text(base)}/${bits - PARTS_BITS}`).filter((part) => part.subnet !== own);
}

function parse(subnet: string): { base: number; bits: number; size: number } {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(subnet);
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = (match ?? []).slice(1).map(Number);
  if (match === null || bits < 8 || bits > 29) throw new Error(`"${subnet}" is no IPv4 range that a network can have`);
  const size = 2 ** (32 - bits);
  return { base: Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size, bits, size };
}

const text = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
