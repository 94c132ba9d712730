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

/**
 * A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then randomness, so that ids sort by the time they were made.
 */
export function newId<Id extends AnyId>(clock: Clock, random: Random): Id {
  const bytes = random.bytes(16);
  let time = clock.now();
  for (let i = 5; i >= 0; i--) {
    bytes[i] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id;
}
