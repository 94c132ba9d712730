import type { Engine } from '../../engine/engine';
import { GantryError, LeaseLostError, messageOf, StepFailure } from '../../engine/model/errors';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import { planOfRun } from '../../engine/runs/recent-plans';
import { hasEffects, performEffect, performEphemeral } from '../../engine/steps/effect';
import { finishStep, type StepEnd } from '../../engine/steps/finish';
import { RENEW_MS, type StepLease } from '../../engine/steps/lease';
import { outputOfStep } from '../../engine/steps/output';
import { abortRequested, renewLease } from '../../engine/steps/renew';
import { stepLog } from './log';

/** How often a running step looks whether its run is being ended, ms. */
const ABORT_CHECK_MS = 300;

export interface Execution {
  /** Resolves when nothing is done for the step any more, and storing its result has begun. */
  acted: Promise<void>;
  /** Resolves when its result is stored, or never will be. */
  ended: Promise<void>;
  /** Stops the step and lets another runner go on with it. */
  giveBack(): void;
}

type StopReason = 'aborted' | 'timed-out' | 'lease-lost' | 'given-back';

/** Carries out one leased step: inspect after a crash, run or undo, renewals, time-out, log, result. */
export function executeStep(engine: Engine, kind: StepKind, lease: StepLease): Execution {
  const stop = new AbortController();
  const halt = (reason: StopReason) => {
    if (!stop.signal.aborted) stop.abort(reason);
  };
  let leave = (): void => undefined;
  const acted = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const ended = carryOut(engine, kind, lease, stop.signal, { halt, leave });
  return { acted, ended: ended.finally(leave), giveBack: () => halt('given-back') };
}

async function carryOut(
  engine: Engine,
  kind: StepKind,
  lease: StepLease,
  signal: AbortSignal,
  { halt, leave }: { halt: (reason: StopReason) => void; leave: () => void },
): Promise<void> {
  const { parts } = engine;
  const fields = { app: lease.app.name, run: lease.run.number, step: lease.name, epoch: lease.epoch };
  const stopKeeping = keepLease(engine, lease, halt);
  const log = stepLog(parts.logs, lease.run.id, lease.stepId, parts.clock, (error) =>
    parts.log.error({ ...fields, error: messageOf(error) }, 'the step log could not be written'),
  );
  try {
    parts.log.info({ ...fields, verb: lease.verb, attempt: lease.attempt }, 'step begins');
    const end = await attempt(engine, kind, lease, signal, log.line);
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

async function attempt(
  engine: Engine,
  kind: StepKind,
  lease: StepLease,
  signal: AbortSignal,
  line: (text: string) => void,
): Promise<StepEnd> {
  try {
    const context = await makeContext(engine, lease, signal, line);
    if (lease.verb === 'run' && lease.epoch > 1 && (await hasEffects(engine.parts, lease))) {
      line(`a runner was lost during this step; looking at what it did (epoch ${lease.epoch})`);
      const seen = await kind.inspect(context);
      if (seen.found === 'done') return { end: 'succeeded', output: seen.output };
    }
    const result = await (lease.verb === 'run' ? kind.run(context) : kind.undo(context));
    return result;
  } catch (error) {
    return explain(error, lease, signal, line);
  }
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
      reason: text,
      next: reason === 'timed-out' ? 'raise its timeout, or make it faster' : '',
    };
  }
  if (error instanceof StepFailure) {
    line(`failed: ${error.message}`);
    if (error.next !== '') line(`next: ${error.next}`);
    return { end: 'failed', fault: error.fault, reason: error.message, next: error.next, instance: error.instance };
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
  signal: AbortSignal,
  line: (text: string) => void,
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
    effect: (request) => performEffect(engine.parts, lease, request),
    ephemeral: (target, act) => performEphemeral(engine.parts, lease, target, act),
  };
}

/** Renews the lease, looks for an abort, and ends the step at its time-out. Returns what stops all that. */
function keepLease(engine: Engine, lease: StepLease, halt: (reason: StopReason) => void): () => void {
  const { parts } = engine;
  const renew = setInterval(() => {
    renewLease(parts, lease).then(
      ({ abort }) => abort && halt('aborted'),
      (error) => {
        if (error instanceof LeaseLostError) halt('lease-lost');
        else
          parts.log.warn({ step: lease.name, error: messageOf(error) }, 'a lease could not be renewed; trying again');
      },
    );
  }, RENEW_MS);
  const look = setInterval(() => {
    abortRequested(parts, lease).then(
      (abort) => abort && halt('aborted'),
      (error) => parts.log.warn({ step: lease.name, error: messageOf(error) }, 'could not look for an abort'),
    );
  }, ABORT_CHECK_MS);
  const limit = setTimeout(() => halt('timed-out'), lease.timeoutMs);
  return () => {
    clearInterval(renew);
    clearInterval(look);
    clearTimeout(limit);
  };
}
