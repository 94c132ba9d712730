import { type GrayRule, LANES, type Lane, type Route } from '../../engine/ports/gateway';
import { currentRules } from '../../engine/rollout/rules';
import { formatAddressBlock, parseAddressBlock } from '../../pipelines/addresses';

/**
 * One route as the value of one map entry, so that HAProxy changes all of it between two requests:
 * `version:slot:stable:gray:warm:share:salt:key:rules:sticky:identity:holds`.
 *
 * Free text (salt, names, values) is upper-case hex, which is what HAProxy's `hex` converter makes of a header: whatever
 * users write into a rule, the line keeps its shape. `-` stands for "none" and is no hex.
 */
export function formatRoute(route: Route): string {
  return [
    route.version,
    route.slot,
    route.stable ?? '-',
    route.gray ?? '-',
    route.warm ?? '-',
    route.share,
    hex(route.salt) || '-',
    hex(route.key) || '-',
    route.rules.map(formatRule).join('/') || '-',
    route.sticky === true ? 1 : 0,
    route.identity === null ? '-' : formatIdentity(route.identity),
    route.holds ? 1 : 0,
  ].join(':');
}

/** The route that such a line says, or undefined when it is no such line. */
export function parseRoute(host: string, line: string): Route | undefined {
  const fields = line.split(':');
  const [version, slot, stable, gray, warm, share, salt, key, rules, sticky, identity = '-', holds] = fields;
  if (version === undefined || slot === undefined || share === undefined || sticky === undefined) return undefined;
  const route: Route = {
    host,
    slot: Number(slot),
    version: Number(version),
    stable: lane(stable),
    gray: lane(gray),
    warm: lane(warm),
    share: Number(share),
    salt: text(salt),
    key: fields.length === FORMER_LENGTH ? '' : text(key),
    rules: fields.length === FORMER_LENGTH ? formerRules(key, rules) : parseRules(rules),
    identity: parseIdentity(identity),
    holds: holds === '1',
  };
  if (sticky === '1') route.sticky = true;
  const whole = [route.slot, route.version, route.share].every(Number.isInteger);
  return whole ? route : undefined;
}

/** Where each field of the line stands, counted from 1 as HAProxy's `field` does. */
export const FIELD = {
  slot: 2,
  stable: 3,
  gray: 4,
  warm: 5,
  share: 6,
  salt: 7,
  key: 8,
  rules: 9,
  sticky: 10,
  identity: 11,
  holds: 12,
} as const;

/** Fields of a line of Gantry 0.1, which knew two rules: a value of the header `X-Gray`, and one of the cookie `gray`. */
const FORMER_LENGTH = 10;

const formerRules = (header: string | undefined, cookie: string | undefined): GrayRule[] =>
  currentRules({ header: text(header) || null, cookie: text(cookie) || null });

/** Upper case: equals; lower case: begins with. */
const LETTERS = { header: { equals: 'H', startsWith: 'h' }, cookie: { equals: 'C', startsWith: 'c' } } as const;

function formatRule(rule: GrayRule): string {
  if (rule.kind === 'users') return `U.${rule.list}`;
  return [LETTERS[rule.kind][rule.match], hex(rule.name), hex(rule.value)].join('.');
}

function parseRules(field: string | undefined): GrayRule[] {
  if (field === undefined || field === '-') return [];
  return field.split('/').map((rule) => {
    const [letter = '', name = '', value] = rule.split('.');
    if (letter === 'U') return { kind: 'users', list: name };
    const kind = letter.toUpperCase() === LETTERS.header.equals ? 'header' : 'cookie';
    const match = letter === letter.toUpperCase() ? 'equals' : 'startsWith';
    return { kind, match, name: text(name), value: text(value) };
  });
}

/** `NAME.DIGITS_BITS,DIGITS_BITS.PROOF-NAME.SHA256`; the last two are empty without a proof. */
function formatIdentity({ header, trustedFrom, proof }: NonNullable<Route['identity']>): string {
  const blocks = trustedFrom.flatMap((text) => {
    const block = parseAddressBlock(text);
    return block === null ? [] : `${block.digits}_${block.bits}`;
  });
  return [hex(header), blocks.join(','), hex(proof?.header ?? ''), proof?.sha256.toUpperCase() ?? ''].join('.');
}

function parseIdentity(field: string): Route['identity'] {
  const [header, blocks = '', proof, sha256 = ''] = field.split('.');
  if (field === '-' || header === undefined) return null;
  const trustedFrom = blocks.split(',').flatMap((block) => {
    const [digits, bits] = block.split('_');
    return digits === undefined || bits === undefined ? [] : formatAddressBlock({ digits, bits: Number(bits) });
  });
  const isProven = sha256 !== '';
  return {
    header: text(header),
    trustedFrom,
    proof: isProven ? { header: text(proof), sha256: sha256.toLowerCase() } : null,
  };
}

function hex(value: string): string {
  return Buffer.from(value).toString('hex').toUpperCase();
}

function text(value: string | undefined): string {
  return value === undefined || value === '-' ? '' : Buffer.from(value, 'hex').toString();
}

function lane(value: string | undefined): Lane | null {
  return LANES.find((one) => one === value) ?? null;
}
