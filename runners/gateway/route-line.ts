import { LANES, type Lane, type Route } from '../../engine/ports/gateway';

/**
 * One route as the value of one map entry, so that HAProxy changes all of it between two requests:
 * `version:slot:stable:gray:warm:share:salt:header:cookie:sticky`.
 *
 * Free text (salt, rule values) is upper-case hex, which is what HAProxy's `hex` converter makes of a header: whatever
 * users write into a rule, the line keeps its shape. `-` stands for "none" and is no hex.
 */
export function formatRoute(route: Route): string {
  const { header, cookie } = route.rules;
  return [
    route.version,
    route.slot,
    route.stable ?? '-',
    route.gray ?? '-',
    route.warm ?? '-',
    route.share,
    hex(route.salt),
    hex(header),
    hex(cookie),
    route.sticky === true ? 1 : 0,
  ].join(':');
}

/** The route that such a line says, or undefined when it is no such line. */
export function parseRoute(host: string, line: string): Route | undefined {
  const [version, slot, stable, gray, warm, share, salt, header, cookie, sticky] = line.split(':');
  if (version === undefined || slot === undefined || share === undefined || sticky === undefined) return undefined;
  const rules: Route['rules'] = {};
  const headerValue = text(header);
  const cookieValue = text(cookie);
  if (headerValue !== undefined) rules.header = headerValue;
  if (cookieValue !== undefined) rules.cookie = cookieValue;
  const route: Route = {
    host,
    slot: Number(slot),
    version: Number(version),
    stable: lane(stable),
    gray: lane(gray),
    warm: lane(warm),
    share: Number(share),
    salt: text(salt) ?? '',
    rules,
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
  share: 6,
  salt: 7,
  header: 8,
  cookie: 9,
  sticky: 10,
} as const;

function hex(value: string | undefined): string {
  return value === undefined || value === '' ? '-' : Buffer.from(value).toString('hex').toUpperCase();
}

function text(value: string | undefined): string | undefined {
  return value === undefined || value === '-' ? undefined : Buffer.from(value, 'hex').toString();
}

function lane(value: string | undefined): Lane | null {
  return LANES.find((one) => one === value) ?? null;
}
