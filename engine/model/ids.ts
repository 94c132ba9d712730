import type { Clock, Random } from '../ports/clock';

/** Ids of different things do not mix: each is a string that the compiler tells apart. */
type Brand<Name extends string> = string & { readonly __id: Name };

export type AppId = Brand<'app'>;
export type DeliveryId = Brand<'delivery'>;
export type RunId = Brand<'run'>;
export type StepId = Brand<'step'>;
export type ReleaseId = Brand<'release'>;
export type EnvironmentId = Brand<'environment'>;
export type InstanceId = Brand<'instance'>;
export type ApprovalId = Brand<'approval'>;
export type UserId = Brand<'user'>;
export type TeamId = Brand<'team'>;
export type HookId = Brand<'hook'>;
export type SessionId = Brand<'session'>;
export type PassId = Brand<'pass'>;
export type MessageId = Brand<'message'>;
export type FreezeId = Brand<'freeze'>;
export type GlassId = Brand<'glass'>;

export type AnyId =
  | AppId
  | DeliveryId
  | RunId
  | StepId
  | ReleaseId
  | EnvironmentId
  | InstanceId
  | ApprovalId
  | UserId
  | TeamId
  | HookId
  | SessionId
  | PassId
  | MessageId
  | FreezeId
  | GlassId;

/** Room of the counter, 12 bits; it begins in the lower half, so that there is room for as many again. */
const COUNTER_END = 4096;

/** What a process has made last, so that the ids of one millisecond sort in the order in which they were made. */
const lastOf = new WeakMap<Random, { at: number; time: number; counter: number }>();

/**
 * A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, a counter of 12 bits that begins anywhere (6.2, method 1), then
 * randomness, so that ids sort by the time they were made, and within a millisecond by their order in this process.
 */
export function newId<Id extends AnyId>(clock: Clock, random: Random): Id {
  const bytes = random.bytes(16);
  const at = clock.now();
  const last = lastOf.get(random);
  const begin = bytes.readUInt16BE(6) % (COUNTER_END / 2);
  let { time, counter } =
    last?.at === at ? { time: last.time, counter: last.counter + 1 } : { time: at, counter: begin };
  if (counter === COUNTER_END) {
    time += 1;
    counter = begin;
  }
  lastOf.set(random, { at, time, counter });
  for (let i = 5; i >= 0; i--) {
    bytes[i] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id;
}
