import type { InstanceEnd } from './instance-end';

/**
 * Errors of the domain. Each says what thing, why, and what to do next; `kind` says whose move it is.
 * The one translation to HTTP is in web/api/errors.ts, the one to exit codes in cli.
 */
export type ErrorKind =
  /** The caller asked for something that cannot be: wrong input. */
  | 'invalid'
  /** The thing that was named does not exist. */
  | 'not-found'
  /** Right in itself, but not in the present state. */
  | 'conflict'
  /** The caller may not. */
  | 'forbidden'
  /** Something that Gantry needs does not answer. */
  | 'unavailable'
  /** Too much of it at a time: right, but later. */
  | 'busy';

export class GantryError extends Error {
  override readonly name: string = 'GantryError';
  constructor(
    readonly kind: ErrorKind,
    /** Stable, for programs: `app-taken`. */
    readonly code: string,
    message: string,
    /** What to do next, one sentence; empty when there is nothing to do. */
    readonly next = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The lease of a step went to another runner, or its epoch is old: whoever sees this must stop acting at once. */
export class LeaseLostError extends GantryError {
  override readonly name = 'LeaseLostError';
  constructor(
    readonly stepId: string,
    readonly epoch: number,
  ) {
    super('conflict', 'lease-lost', `step ${stepId} is no longer held at epoch ${epoch}; another runner has it`);
  }
}

export type Fault =
  /** What the user gave us failed: a test, a build, a health check. Trying again will not help. */
  | 'user'
  /** Something around us did not answer: Docker, the gateway, the disk. Trying again may help. */
  | 'world'
  /** Gantry itself is wrong. */
  | 'gantry';

export type FailureEnd = 'timeout' | number;

/** A step could not do its work. `fault` decides whether the engine tries again. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  /** How the instance ended that made it fail. */
  readonly instance: InstanceEnd | undefined;
  /** Its time was over, or a command of the user's ended with this code: a pipeline may want it tried again. */
  readonly ended: FailureEnd | undefined;
  constructor(
    readonly fault: Fault,
    message: string,
    readonly next = '',
    options?: ErrorOptions & { instance?: InstanceEnd; ended?: FailureEnd },
  ) {
    super(message, options);
    this.instance = options?.instance;
    this.ended = options?.ended;
  }
}

/** The run of this step is being ended: it begins nothing more. */
export class RunEndedError extends StepFailure {
  constructor() {
    super('user', 'stopped, its run is ended');
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Closes a switch over a union: a new member becomes a compile error here. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
