import { SECRET_BYTES_MIN } from './names';

/** How programs write a value that they were given, beside as it is. What packs or encrypts is out of reach. */
export interface Encoding {
  name: string;
  /** Also looked for of values that are larger than `LONG`. */
  ofLong?: true;
  of(value: Buffer): (string | Buffer)[];
}

/** Past it only what programs do to files is looked for. */
const LONG = 4_096;
/** A text up to this length is looked for as a whole; of a longer one every piece, so that a part of it is masked, too. */
const WHOLE_MAX = 64;
const PIECE = 32;

const each = (value: Buffer, spell: (byte: number) => string, between = ''): string =>
  Array.from(value, spell).join(between);
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const isText = (value: Buffer): boolean => Buffer.from(value.toString('utf8')).equals(value);
/** An encoding of text; none of a value that is no text. */
const ofText =
  (spell: (text: string) => string[]) =>
  (value: Buffer): string[] =>
    isText(value) ? spell(value.toString('utf8')) : [];
const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');
const lowerEscapes = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase());
const strictUrl = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*~]/g, (sign) => `%${hex(sign.charCodeAt(0)).toUpperCase()}`);
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const asciiOnly = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
const html = (text: string, quote: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", quote);

/** base64 of the value somewhere inside of other bytes: only the signs that it alone decides. */
function base64Inside(value: Buffer, before: 0 | 1 | 2): string[] {
  const text = Buffer.concat([Buffer.alloc(before), value])
    .toString('base64')
    .replace(/=+$/, '');
  const first = [0, 2, 3][before] ?? 0;
  const decided = Math.floor(((before + value.length) * 8) / 6);
  // At the end of all bytes its last sign is its own, too.
  return [text.slice(first, decided), text.slice(first)];
}

const base64 = (value: Buffer): string[] => ([0, 1, 2] as const).flatMap((before) => base64Inside(value, before));

function linesOf(value: Buffer): Buffer[] {
  const lines = value.toString('latin1').split(/[\r\n]+/);
  return lines.map((line) => Buffer.from(line, 'latin1'));
}

function base32(value: Buffer): string {
  const bits = each(value, (byte) => byte.toString(2).padStart(8, '0'));
  const groups = bits.match(/.{5}/g) ?? [];
  return groups.map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)]).join('');
}

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
const inPairs = (text: string, first: number): string =>
  `${text.slice(0, first)} ${text.slice(first).replace(/(.{4})(?=.)/g, '$1 ')}`.trim();

export const ENCODINGS: readonly Encoding[] = [
  { name: 'plain', ofLong: true, of: (value) => [value] },
  {
    name: 'line by line',
    ofLong: true,
    of: linesOf,
  },
  { name: 'base64, at any offset, wrapped or not', ofLong: true, of: base64 },
  { name: 'base64 for URLs', ofLong: true, of: (value) => base64(value).map(urlSafe) },
  { name: 'base64 twice', of: (value) => base64(value).flatMap((inner) => base64(Buffer.from(inner))) },
  { name: 'base32', of: (value) => [base32(value), base32(value).toLowerCase()] },
  { name: 'hex', ofLong: true, of: (value) => [value.toString('hex')] },
  { name: 'HEX', ofLong: true, of: (value) => [value.toString('hex').toUpperCase()] },
  {
    name: 'hex with blanks or colons',
    of: (value) => [' ', ':'].flatMap((between) => bothCases(each(value, hex, between))),
  },
  { name: 'hex in pairs', of: (value) => [2, 4].map((first) => inPairs(value.toString('hex'), first)) },
  { name: '\\x41', of: (value) => bothCases(each(value, (byte) => `\\x${hex(byte)}`)) },
  { name: '\\101', of: (value) => [each(value, (byte) => `\\${byte.toString(8).padStart(3, '0')}`)] },
  { name: 'URL', of: ofText((text) => [encodeURIComponent(text), strictUrl(text)]) },
  { name: 'URL, small', of: ofText((text) => [encodeURIComponent(text), strictUrl(text)].map(lowerEscapes)) },
  { name: 'URL, every byte', of: (value) => bothCases(each(value, (byte) => `%${hex(byte)}`)) },
  {
    name: 'form',
    of: ofText((text) => [encodeURIComponent(text), strictUrl(text)].map((one) => one.replaceAll('%20', '+'))),
  },
  { name: 'JSON', ofLong: true, of: ofText((text) => [json(text), json(text).replaceAll('/', '\\/')]) },
  { name: 'JSON in ASCII', of: ofText((text) => [asciiOnly(json(text))]) },
  { name: 'JSON in JSON', of: ofText((text) => [json(json(text))]) },
  { name: 'HTML', of: ofText((text) => ['&#39;', '&#x27;', '&apos;', "'"].map((quote) => html(text, quote))) },
  { name: 'shell', of: ofText((text) => [`'\\''`, `'"'"'`].map((quote) => text.replaceAll("'", quote))) },
  { name: 'shell, in double quotes', of: ofText((text) => [text.replace(/["$`\\]/g, '\\$&')]) },
  { name: 'shell, with backslashes', of: ofText((text) => [text.replace(/[^\w@%+=:,./\u0080-\uffff-]/g, '\\$&')]) },
  {
    name: 'reversed',
    of: (value) => [Buffer.from(value).reverse(), [...value.toString()].reverse().join('')],
  },
  { name: 'UTF-16LE', of: ofText16((bytes) => bytes) },
  { name: 'UTF-16BE', of: ofText16(swapped) },
];

function bothCases(text: string): string[] {
  return [text, text.toUpperCase().replaceAll('\\X', '\\x')];
}

function ofText16(order: (bytes: Buffer) => Buffer): Encoding['of'] {
  return (value) => (isText(value) ? [order(Buffer.from(value.toString('utf8'), 'utf16le'))] : []);
}

/**
 * Everything by which a value is known in output, without ends of lines: output is cut into lines at any place.
 * Nothing shorter than the shortest secret.
 */
export function patternsOf(value: Buffer): Buffer[] {
  const encodings = value.length > LONG ? ENCODINGS.filter(({ ofLong }) => ofLong) : ENCODINGS;
  const found = encodings
    .flatMap((encoding) => encoding.of(value))
    .map((one) => withoutLineEnds(typeof one === 'string' ? Buffer.from(one) : one));
  return found.filter(({ length }) => length >= SECRET_BYTES_MIN).flatMap(pieces);
}

const withoutLineEnds = (bytes: Buffer): Buffer => bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d) as Buffer;

function pieces(text: Buffer): Buffer[] {
  if (text.length <= WHOLE_MAX) return [text];
  const starts = Array.from({ length: Math.floor(text.length / PIECE) }, (_, index) => index * PIECE);
  return [...starts, text.length - PIECE].map((start) => text.subarray(start, start + PIECE));
}
