import type { Engine } from '../../engine/engine';
import { GantryError, LeaseLostError, messageOf, StepFailure } from '../../engine/model/errors';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import { planOfRun } from '../../engine/runs/recent-plans';
import { hasEffects, performEffect, performEphemeral } from '../../engine/steps/effect';
import { finishStep, type StepEnd } from '../../engine/steps/finish';
import type { StepLease } from '../../engine/steps/lease';
import { outputOfStep } from '../../engine/steps/output';
import { retryAfter } from '../../engine/steps/retry';
import { keepLease, type StopReason } from './keep-lease';
import { stepLog } from './log';
import { type MaskedLog, maskedLog } from './masked-log';

/** A step that was told to stop may clean up for this long; then it is left to itself, ms. */
const STUCK_MS = 300_000;

export interface Execution {
  /** Resolves when nothing is done for the step any more, and storing its result has begun. */
  acted: Promise<void>;
  /** Resolves when its result is stored, or never will be. */
  ended: Promise<void>;
  /** Stops the step and lets another runner go on with it. */
  giveBack(): void;
}

/** Carries out one leased step: inspect after a crash, run or undo, renewals, time-out, log, result. */
export function executeStep(
  engine: Engine,
  kind: StepKind,
  lease: StepLease,
  // What serves may drain for as long as its step may take.
  stuckMs = lease.role === 'build' ? STUCK_MS : Math.max(STUCK_MS, lease.timeoutMs),
): Execution {
  const stop = new AbortController();
  const halt = (reason: StopReason) => {
    if (!stop.signal.aborted) stop.abort(reason);
  };
  let leave = (): void => undefined;
  const acted = new Promise<void>((resolve) => {
    leave = resolve;
  });
  if (lease.isEnded) halt('aborted');
  const ended = carryOut(engine, kind, lease, stop.signal, { halt, leave, stuckMs });
  return { acted, ended: ended.finally(leave), giveBack: () => halt('given-back') };
}

async function carryOut(
  engine: Engine,
  kind: StepKind,
  lease: StepLease,
  signal: AbortSignal,
  { halt, leave, stuckMs }: { halt: (reason: StopReason) => void; leave: () => void; stuckMs: number },
): Promise<void> {
  const { parts } = engine;
  const fields = { app: lease.app.name, run: lease.run.number, step: lease.name, epoch: lease.epoch };
  const stopKeeping = keepLease(engine, lease, halt);
  const written = stepLog(parts.logs, lease.run.id, lease.stepId, parts.clock, (error) =>
    parts.log.error({ ...fields, error: messageOf(error) }, 'the step log could not be written'),
  );
  const log = maskedLog(written);
  try {
    parts.log.info({ ...fields, verb: lease.verb, attempt: lease.attempt }, 'step begins');
    const around = { signal, line: log.line, hide: log.hide, stop: () => halt('aborted') };
    const end = log.clean(await unlessStuck(attempt(engine, kind, lease, around), lease, around, stuckMs));
    tellRetry(lease, end, log.line);
    await log.close();
    const finished = finishStep(parts, lease, end);
    leave();
    const applied = await finished;
    parts.log.info({ ...fields, end: end.end, run: applied.state }, 'step ended');
  } catch (error) {
    await log.close();
    if (error instanceof LeaseLostError) {
      parts.log.warn(fields, 'the lease of the step was lost; nothing more is done for it here');
    } else {
      // The result could not be written. The lease runs out, and a later epoch looks at what was done.
      parts.log.error({ ...fields, error: messageOf(error) }, 'the result of a step could not be stored');
    }
  } finally {
    stopKeeping();
  }
}

/** What a step has while it is carried out. */
interface Surroundings {
  signal: AbortSignal;
  line: StepContext['log'];
  hide: MaskedLog['hide'];
  /** Aborts the signal: its run is being ended. */
  stop: () => void;
}

async function attempt(engine: Engine, kind: StepKind, lease: StepLease, around: Surroundings): Promise<StepEnd> {
  try {
    const context = await makeContext(engine, lease, around);
    if (lease.verb === 'run' && lease.epoch > 1 && (await hasEffects(engine.parts, lease))) {
      around.line(`a runner was lost during this step; looking at what it did (epoch ${lease.epoch})`);
      const seen = await kind.inspect(context);
      if (seen.found === 'done') return { end: 'succeeded', output: seen.output };
    }
    const result = await (lease.verb === 'run' ? kind.run(context) : kind.undo(context));
    return result;
  } catch (error) {
    return explain(error, lease, around.signal, around.line);
  }
}

/**
 * How a step ended, or how it must be said to have ended when it does not stop: a call that nobody answers must not hold
 * its run for ever. What it may still do is refused at its next effect.
 */
async function unlessStuck(
  attempted: Promise<StepEnd>,
  lease: StepLease,
  { signal, line }: Surroundings,
  stuckMs: number,
): Promise<StepEnd> {
  const leave = async (): Promise<StepEnd> => {
    line(`it was told to stop ${stuckMs / 1000} s ago, and does not; it is left to itself`);
    return explain(signal.reason, lease, signal, line);
  };
  let timer: NodeJS.Timeout | undefined;
  let told = (): void => undefined;
  const given = new Promise<StepEnd>((resolve) => {
    told = () => {
      timer = setTimeout(() => resolve(leave()), stuckMs);
    };
  });
  if (signal.aborted) told();
  else signal.addEventListener('abort', told);
  try {
    return await Promise.race([attempted, given]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', told);
  }
}

function tellRetry(lease: StepLease, end: StepEnd, line: StepContext['log']): void {
  const pauseMs = end.end === 'failed' ? retryAfter(lease, end) : null;
  if (pauseMs === null) return;
  line(`it is tried again in ${pauseMs / 1000} s (${lease.retries + 1} of ${lease.retry.times})`);
}

/** Whose fault it was, in the words that go on the page. */
function explain(error: unknown, lease: StepLease, signal: AbortSignal, line: (text: string) => void): StepEnd {
  if (error instanceof LeaseLostError) throw error;
  if (signal.aborted) {
    const reason = signal.reason as StopReason;
    if (reason === 'given-back') return { end: 'returned' };
    if (reason === 'lease-lost') throw new LeaseLostError(lease.stepId, lease.epoch);
    const text =
      reason === 'timed-out' ? `it took longer than ${lease.timeoutMs / 1000} s` : 'stopped, its run is ended';
    line(text);
    return {
      end: 'failed',
      fault: 'user',
      ended: reason === 'timed-out' ? 'timeout' : undefined,
      reason: text,
      next: reason === 'timed-out' ? 'raise its timeout, or make it faster' : '',
    };
  }
  if (error instanceof StepFailure) {
    line(`failed: ${error.message}`);
    if (error.next !== '') line(`next: ${error.next}`);
    const { fault, ended, message: reason, next, instance } = error;
    return { end: 'failed', fault, ended, reason, next, instance };
  }
  if (error instanceof GantryError) {
    line(`failed: ${error.message}`);
    const fault = error.kind === 'unavailable' ? 'world' : 'user';
    return { end: 'failed', fault, reason: error.message, next: error.next };
  }
  line(`failed inside Gantry: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return {
    end: 'failed',
    fault: 'gantry',
    reason: `Gantry itself failed: ${messageOf(error)}`,
    next: 'see the log of the step and report it',
  };
}

/** What a step kind is given: what was read when the lease was taken. */
export async function makeContext(
  engine: Engine,
  lease: StepLease,
  { signal, line, hide, stop }: Surroundings,
): Promise<StepContext> {
  // A run that takes another one back works with what that one left.
  const output = (name: string) => outputOfStep(engine.parts, lease.run.undoesRun ?? lease.run.id, name);
  const plan = await planOfRun(engine.parts, lease.run.id);
  return {
    lease,
    spec: JSON.parse(lease.spec) as never,
    plan,
    stage: plan?.stages.find((s) => s.name === lease.stage),
    engine,
    signal,
    undone: lease.undoes === null ? undefined : await output(lease.undoes),
    log: line,
    outputOf: output,
    secrets: async (wanted) => {
      const opened = await engine.secrets.open(lease, wanted);
      hide(opened);
      return opened;
    },
    effect: (request) => performEffect(engine.parts, lease, request),
    ephemeral: (target, act) => performEphemeral(engine.parts, lease, target, act, stop),
  };
}
