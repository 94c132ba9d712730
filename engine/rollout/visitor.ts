import { hexOfAddress, holdsAddress, parseAddressBlock } from '../../pipelines/addresses';
import { GRAY_VALUE_MAX } from '../../pipelines/limits';
import { assertNever } from '../model/errors';
import { sha256 } from '../model/hash';
import type { GrayRule, Lane, Route } from '../ports/gateway';
import { cookieOf, countOf, headerOf, type VisitorRequest } from './request';
import { KEY_HEADER } from './rules';
import { FULL_SHARE } from './traffic';
import { xxh32 } from './xxh32';

/** Cookie by which the gateway knows a visitor who is known by nothing better. */
export const ID_COOKIE = 'gantry_id';
/** Cookie that says on which instance a visitor has a session. */
export const SESSION_COOKIE = 'gantry_session';
const HASH_SEED = 7;

/** What a login header is worth in this request. */
export type Login =
  | { kind: 'none' }
  | { kind: 'trusted'; user: string }
  /** The gateway takes the header away. */
  | { kind: 'refused'; why: 'address' | 'several' | 'length' };

/** Why a visitor meets what they meet. */
export type Why =
  | { kind: 'session'; lane: Lane }
  | { kind: 'key' }
  /** Counted from 1. */
  | { kind: 'rule'; rule: number }
  /** `bucket < share` meets gray. */
  | { kind: 'share'; bucket: number; share: number; knownBy: 'login' | 'cookie' }
  /** The gateway gives them an id with this very answer; until then it is a matter of chance. */
  | { kind: 'new'; share: number }
  | { kind: 'no-gray' };

export interface Met {
  /** Null: there is no release to meet, or it depends on the id that a new visitor gets. */
  lane: Lane | null;
  why: Why;
  login: Login;
}

/** What stands outside the route. */
export interface VisitorFacts {
  isListed(list: string, user: string): boolean;
  /** The lane of the instance that a session cookie names. */
  laneOfSession(session: string): Lane | undefined;
}

/** Which release a visitor meets, and why: what HAProxy decides by the configuration that Gantry gives it. */
export function whoMeets(route: Route, request: VisitorRequest, facts: VisitorFacts): Met {
  const login = loginOf(route, request);
  const seat = seatOf(route, request, facts);
  if (seat !== undefined) return { lane: seat, why: { kind: 'session', lane: seat }, login };
  if (route.gray === null) return { lane: route.stable, why: { kind: 'no-gray' }, login };
  const rule = route.rules.findIndex((one) => matches(one, request, login, facts));
  if (rule >= 0) return { lane: route.gray, why: { kind: 'rule', rule: rule + 1 }, login };
  if (route.key !== '' && headerOf(request, KEY_HEADER) === route.key) {
    return { lane: route.gray, why: { kind: 'key' }, login };
  }
  const why = byShare(route, request, login);
  if (why.kind === 'new') return { lane: certainLane(route), why, login };
  return { lane: why.bucket < why.share ? route.gray : route.stable, why, login };
}

/** The cookie that names an instance: nobody can guess another one, and it tells nothing about the inside. */
export const sessionOf = (instance: string): string => sha256(instance).slice(0, 16).toUpperCase();

/** Only a share of all or nothing says what a visitor without an id will meet. */
function certainLane({ share, stable, gray }: Route): Lane | null {
  if (share === 0) return stable;
  return share === FULL_SHARE ? gray : null;
}

function seatOf(route: Route, request: VisitorRequest, facts: VisitorFacts): Lane | undefined {
  if (route.warm === null || !route.holds || route.sticky !== true) return undefined;
  const session = cookieOf(request, SESSION_COOKIE);
  const lane = session === undefined ? undefined : facts.laneOfSession(session);
  return lane === route.warm ? lane : undefined;
}

function matches(rule: GrayRule, request: VisitorRequest, login: Login, facts: VisitorFacts): boolean {
  if (rule.kind === 'users') return login.kind === 'trusted' && facts.isListed(rule.list, login.user);
  const value = rule.kind === 'header' ? headerOf(request, rule.name) : cookieOf(request, rule.name);
  if (value === undefined) return false;
  switch (rule.match) {
    case 'equals':
      return value === rule.value;
    case 'startsWith':
      return value.startsWith(rule.value);
    default:
      return assertNever(rule.match);
  }
}

function byShare(
  { share, salt }: Route,
  request: VisitorRequest,
  login: Login,
): Extract<Why, { kind: 'share' | 'new' }> {
  const cookie = cookieOf(request, ID_COOKIE);
  if (login.kind === 'trusted') return { kind: 'share', bucket: bucketOf(login.user, salt), share, knownBy: 'login' };
  if (cookie === undefined || !/^[A-Za-z0-9-]{8,64}$/.test(cookie)) return { kind: 'new', share };
  return { kind: 'share', bucket: bucketOf(cookie, salt), share, knownBy: 'cookie' };
}

/** Another salt is another order of all visitors; the salt is written as it stands in the gateway's map. */
function bucketOf(id: string, salt: string): number {
  const kept = salt === '' ? '-' : Buffer.from(salt).toString('hex').toUpperCase();
  return xxh32(Buffer.from(`${id}.${kept}`), HASH_SEED) % FULL_SHARE;
}

function loginOf({ identity }: Route, request: VisitorRequest): Login {
  const user = identity === null ? undefined : headerOf(request, identity.header);
  if (identity === null || user === undefined || user === '') return { kind: 'none' };
  if (countOf(request, identity.header) > 1) return { kind: 'refused', why: 'several' };
  if (!isTrusted(identity, request)) return { kind: 'refused', why: 'address' };
  return Buffer.byteLength(user) > GRAY_VALUE_MAX ? { kind: 'refused', why: 'length' } : { kind: 'trusted', user };
}

function isTrusted(identity: NonNullable<Route['identity']>, request: VisitorRequest): boolean {
  const { proof, trustedFrom } = identity;
  const secret = proof === null ? undefined : headerOf(request, proof.header);
  if (secret !== undefined && secret !== '' && sha256(secret) === proof?.sha256) return true;
  const address = hexOfAddress(request.address);
  return trustedFrom.some((text) => {
    const block = parseAddressBlock(text);
    return block !== null && address !== null && holdsAddress(block, address);
  });
}
