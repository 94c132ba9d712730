/** Every state by name, each with its sentence. The sentence settles arguments before they become bugs. */

export const RUN_STATES = {
  queued: 'accepted and stored; no runner has begun it',
  running: 'at least one step is ready or being carried out',
  waiting: 'it stands still until people decide',
  undoing: 'it will not reach its goal; what it changed is being taken back',
  succeeded: 'every step of its plan succeeded',
  failed: 'a step failed; what had to be taken back was taken back, or the reason says what was not',
  cancelled: 'somebody ended it before its goal',
  superseded: 'a newer run took its place',
  ignored: 'no pipeline wanted it; the reason says why',
} as const;
export type RunState = keyof typeof RUN_STATES;

const FINAL_RUN: readonly RunState[] = ['succeeded', 'failed', 'cancelled', 'superseded', 'ignored'];
/** Final states never change. */
export const isFinalRun = (state: RunState): boolean => FINAL_RUN.includes(state);

/** States in which a run stands for nothing any more; so does one that is being taken back, whatever its state. */
export const VOID_RUN: readonly RunState[] = ['failed', 'cancelled', 'superseded', 'ignored'];
export const isVoidRun = (run: { state: RunState; ends_as: RunState | null }): boolean =>
  run.ends_as !== null || VOID_RUN.includes(run.state);

export const STEP_STATES = {
  pending: 'waits for earlier steps',
  ready: 'may be taken by a runner',
  running: 'a runner holds its lease',
  waiting: 'waits for people',
  succeeded: 'did its work',
  failed: 'could not do its work; the reason says whose fault it was',
  cancelled: 'was stopped, or never begun, since its run ended early',
  undone: 'did its work, and the work was taken back',
} as const;
export type StepState = keyof typeof STEP_STATES;

const FINAL_STEP: readonly StepState[] = ['succeeded', 'failed', 'cancelled', 'undone'];
export const isFinalStep = (state: StepState): boolean => FINAL_STEP.includes(state);

export const EFFECT_STATES = {
  intended: 'recorded before the world is touched',
  unknown: 'its actor was lost; only an observation can say what became of it',
  confirmed: 'seen in the world',
  compensated: 'taken back, or seen never to have happened',
} as const;
export type EffectState = keyof typeof EFFECT_STATES;

export const RELEASE_STATES = {
  sealed: 'its record is complete and cannot change',
  withdrawn: 'its run took it back; it is no rollback target',
} as const;
export type ReleaseState = keyof typeof RELEASE_STATES;

export const INSTANCE_STATES = {
  starting: 'its container is being made',
  serving: 'healthy, and known to the gateway',
  draining: 'gets no new requests',
  kept: 'did not get healthy, and is kept for a look; it gets no requests',
  gone: 'its container was removed',
} as const;
export type InstanceState = keyof typeof INSTANCE_STATES;

export const APPROVAL_STATES = {
  requested: 'waits for people',
  granted: 'enough people said yes',
  rejected: 'somebody said no',
  voided: 'its run ended, or what it was bound to changed',
  consumed: 'the switch it was for has been made',
} as const;
export type ApprovalState = keyof typeof APPROVAL_STATES;

export const SESSION_STATES = {
  asked: 'recorded; no runner has taken it',
  open: 'a runner carries bytes between the person and the instance',
  ended: 'over; the reason says why',
} as const;
export type SessionState = keyof typeof SESSION_STATES;

export const ARCHIVE_STATES = {
  keeping: 'its bytes are being taken from the cluster',
  kept: 'each of its blobs was stored, with the digest that it has',
  failed: 'its bytes could not be taken; the reason says why, and it is tried again',
  damaged: 'a blob is gone or was changed; it is taken again while the cluster still has the image',
} as const;
export type ArchiveState = keyof typeof ARCHIVE_STATES;
