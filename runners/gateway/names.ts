import {
  type GatewayServer,
  type GrayRule,
  type InsideName,
  LANES,
  type Lane,
  type Route,
  type UserList,
} from '../../engine/ports/gateway';
import { GRAY_RULES_MAX, GRAY_VALUE_MAX } from '../../pipelines/limits';
import { GatewayInputError } from './errors';

/** How many slots the configuration grows by; each costs three empty backends, about 30 KB of memory. */
export const SLOT_STEP = 64;

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9-]{1,63}$/;
const SERVER = /^[A-Za-z0-9_.-]{1,60}$/;
const ADDRESS = /^[0-9A-Fa-f.:]{2,45}$/;
const DNS_NAME = /^[A-Za-z0-9_.-]{1,253}$/;
// No space, quote, comma or control character: the path is a map value and part of a request line.
const PATH = /^\/[A-Za-z0-9._~!$&()*+;=:@%/?-]{0,512}$/;
const MAX_TEXT_BYTES = GRAY_VALUE_MAX;

/** HAProxy's backend for one lane of one slot, `s3_a`. */
export function backendName(slot: number, lane: Lane): string {
  return `s${slot}_${lane}`;
}

/** The opposite of `backendName`; undefined for a name that is not a lane. */
export function parseBackendName(name: string): { slot: number; lane: Lane } | undefined {
  const match = /^s(\d+)_([a-c])$/.exec(name);
  const lane = LANES.find((one) => one === match?.[2]);
  return match?.[1] !== undefined && lane !== undefined ? { slot: Number(match[1]), lane } : undefined;
}

/** The number of slots to declare so that `slot` exists: the next multiple of the step. */
export function slotsFor(slot: number): number {
  return (Math.floor(slot / SLOT_STEP) + 1) * SLOT_STEP;
}

export function checkSlot(slot: number): void {
  if (!Number.isInteger(slot) || slot < 0 || slot > 9_999) {
    throw new GatewayInputError(`slot ${slot} is not a whole number from 0 to 9999; let the engine hand out slots`);
  }
}

/** Refuses what could not be written as one map line; so no name can smuggle a command into the gateway. */
export function checkRoute(route: Route): void {
  checkSlot(route.slot);
  checkHost(route.host);
  if (!Number.isInteger(route.version) || route.version < 0) {
    throw new GatewayInputError(`route version ${route.version} of ${route.host} is not a whole number`);
  }
  if (!Number.isInteger(route.share) || route.share < 0 || route.share > 10_000) {
    throw new GatewayInputError(`share ${route.share} of ${route.host} is not a whole number from 0 to 10000`);
  }
  if (route.rules.length > GRAY_RULES_MAX) {
    throw new GatewayInputError(`${route.host} has ${route.rules.length} rules; at most ${GRAY_RULES_MAX} fit`);
  }
  for (const text of [route.salt, route.key, ...route.rules.flatMap(textsOf), ...namesOf(route.identity)]) {
    if (Buffer.byteLength(text) > MAX_TEXT_BYTES) {
      throw new GatewayInputError(`"${text.slice(0, 20)}..." of ${route.host} is longer than ${MAX_TEXT_BYTES} bytes`);
    }
  }
}

const textsOf = (rule: GrayRule): string[] => (rule.kind === 'users' ? [rule.list] : [rule.name, rule.value]);
const namesOf = (identity: Route['identity']): string[] =>
  identity === null ? [] : [identity.header, identity.proof?.header ?? ''];

/** A list of users is part of a map's key. */
export function checkUsers({ id }: UserList): void {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new GatewayInputError(`"${id}" is no name of a list of users`);
}

export function checkHost(host: string): void {
  if (!HOST.test(host)) {
    throw new GatewayInputError(`"${host}" is not a host name in lower case, such as shop.example.org`);
  }
}

/** Refuses what could not be a DNS name or a key of a map. */
export function checkInsideName({ stage, app, host }: InsideName): void {
  checkHost(host);
  for (const label of [stage, app]) {
    if (!LABEL.test(label)) throw new GatewayInputError(`"${label}" is not a name of a-z, 0-9 and "-"`);
  }
}

export function checkServer(server: GatewayServer): void {
  const wrong = (what: string, value: string | number) =>
    new GatewayInputError(`server ${JSON.stringify(server.name)}: ${what} ${JSON.stringify(value)} cannot be used`);
  if (!SERVER.test(server.name)) throw wrong('name', server.name);
  if (!ADDRESS.test(server.address)) throw wrong('address', server.address);
  if (!DNS_NAME.test(server.dnsName)) throw wrong('DNS name', server.dnsName);
  if (!PATH.test(server.healthPath)) throw wrong('health path', server.healthPath);
  if (!Number.isInteger(server.port) || server.port < 1 || server.port > 65_535) throw wrong('port', server.port);
}
