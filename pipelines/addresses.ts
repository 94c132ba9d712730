import { isIP } from 'node:net';

export const ADDRESS_BLOCK_PATTERN = '^[0-9A-Fa-f.:]{2,45}(/[0-9]{1,3})?$';
export const ADDRESS_BLOCK_WORDS = 'a block of addresses, such as 10.0.0.0/8, fd00::/8 or 10.1.2.3';

/** The first `bits` of an address, which stand as hex digits: eight of them for IPv4, 32 for IPv6. */
export interface AddressBlock {
  digits: string;
  bits: number;
}

export const isAddressBlock = (text: string): boolean => parseAddressBlock(text) !== null;

/** `10.0.0.0/8`, or one address; null when it is neither. */
export function parseAddressBlock(text: string): AddressBlock | null {
  const [address = '', length, ...more] = text.split('/');
  const digits = hexOfAddress(address);
  if (digits === null || more.length > 0) return null;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null;
  const bits = Number(length ?? digits.length * 4);
  return bits <= digits.length * 4 ? { digits, bits } : null;
}

/** The opposite of `parseAddressBlock`, in one way of writing. */
export function formatAddressBlock({ digits, bits }: AddressBlock): string {
  const [width, radix, mark] = digits.length === 8 ? [2, 10, '.'] : [4, 16, ':'];
  const numbers = digits.match(new RegExp(`.{${width}}`, 'g')) ?? [];
  return `${numbers.map((number) => Number.parseInt(number, 16).toString(radix)).join(mark)}/${bits}`;
}

/** Whether an address, as hex digits, lies in the block. */
export function holdsAddress({ digits, bits }: AddressBlock, address: string): boolean {
  if (address.length !== digits.length) return false;
  const whole = Math.floor(bits / 4);
  if (address.slice(0, whole) !== digits.slice(0, whole)) return false;
  const rest = 4 - (bits % 4);
  return rest === 4 || nibble(address, whole) >> rest === nibble(digits, whole) >> rest;
}

const nibble = (digits: string, at: number): number => Number.parseInt(digits[at] ?? '0', 16);

/** An address as upper-case hex digits, in the order of its bytes; null when it is none. */
export function hexOfAddress(address: string): string | null {
  const kind = isIP(address);
  if (kind === 4) return hex(address.split('.').map(Number), 2);
  if (kind !== 6 || address.includes('%')) return null;
  const [head = '', tail] = address.split('::');
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  return hex([...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after], 4);
}

/** The 16-bit words of a part of an IPv6 address; its end may be written as IPv4. */
function words(part: string): number[] {
  return part
    .split(':')
    .filter((word) => word !== '')
    .flatMap((word) => {
      if (!word.includes('.')) return [Number.parseInt(word, 16)];
      const [a = 0, b = 0, c = 0, d = 0] = word.split('.').map(Number);
      return [a * 256 + b, c * 256 + d];
    });
}

const hex = (numbers: readonly number[], width: number): string =>
  numbers.map((number) => number.toString(16).padStart(width, '0').toUpperCase()).join('');
