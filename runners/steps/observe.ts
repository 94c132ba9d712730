import { StepFailure } from '../../engine/model/errors';
import type { RequestSample } from '../../engine/ports/gateway';
import type { StepContext, StepKind, StepResult, StepWork } from '../../engine/ports/step-kind';
import { judge, type Observation, type Verdict } from '../../engine/rollout/judge';
import type { ObserveSpec } from '../../pipelines/types';
import type { World } from '../world';
import { productionOf, releaseOf } from './release-of';

/** How often the counters are read and judged, ms. */
const LOOK_MS = 1_000;
/** Every so many looks the log says how it goes. */
const SAY_EVERY = 10;
/** Newest response times that are kept for the p95. */
const SAMPLES_KEPT = 5_000;

/** Watches gray for a time, then judges: go, stop, cannot tell. Stops at once when it is clearly bad. */
export function observeStep(world: World): StepKind<'observe'> {
  return {
    kind: 'observe',
    run: (context) => observe(context, world),
    inspect: async () => ({ found: 'nothing' }), // a watch that was cut off begins anew
    undo: async () => ({ end: 'succeeded', output: null }),
  };
}

async function observe(context: StepContext<'observe'>, world: World): Promise<StepResult> {
  const environment = await productionOf(context);
  const lane = environment.traffic.gray;
  if (lane === null) throw new StepFailure('gantry', 'there is no gray release to watch');
  if (environment.traffic.stable === null) {
    context.log('this is the first release: it has no traffic yet that could be judged');
    return {
      end: 'succeeded',
      output: { verdict: 'cannot tell', why: 'first release', requests: 0, errors: 0, p95: null },
    };
  }
  const release = await releaseOf(context);
  context.log(`watching release ${release.number} for ${context.spec.for / 1000} s: ${limits(context.spec)}`);
  const times: number[] = [];
  const over = new AbortController();
  const watching = world.gateway
    .watch(environment.slot, (sample) => keep(times, sample, lane), AbortSignal.any([over.signal, context.signal]))
    .catch((error: unknown) => context.log(`response times cannot be watched: ${String(error)}`));
  try {
    const seen = await watch(context, world, environment.slot, lane, times);
    return conclude(context, seen);
  } finally {
    over.abort();
    await watching;
  }
}

function keep(times: number[], sample: RequestSample, lane: string): void {
  if (sample.lane !== lane) return;
  times.push(sample.responseMs);
  if (times.length > SAMPLES_KEPT) times.splice(0, times.length - SAMPLES_KEPT);
}

async function watch(
  context: StepContext<'observe'>,
  world: World,
  slot: number,
  lane: string,
  times: readonly number[],
): Promise<{ observation: Observation; verdict: Verdict }> {
  const { clock } = context.engine.parts;
  const until = clock.now() + context.spec.for;
  const start = await counted(world, slot, lane);
  for (let looks = 1; ; looks++) {
    await pause(Math.min(LOOK_MS, Math.max(0, until - clock.now())), context.signal);
    const now = await counted(world, slot, lane);
    // A gateway that was restarted begins to count anew.
    const base = now.requests < start.requests ? { requests: 0, errors: 0 } : start;
    const observation = {
      requests: now.requests - base.requests,
      errors: now.errors - base.errors,
      p95: percentile(times, 0.95),
    };
    const over = clock.now() >= until;
    const verdict = judge(observation, context.spec, over);
    if (over || verdict.kind === 'stop') return { observation, verdict };
    if (looks % SAY_EVERY === 0) context.log(soFar(observation, context.spec));
  }
}

function conclude(
  context: StepContext<'observe'>,
  { observation, verdict }: { observation: Observation; verdict: Verdict },
): StepResult {
  const { requests, errors, p95 } = observation;
  const seen = wordsOf(observation);
  context.log(`verdict: ${verdict.kind} (${seen}). ${verdict.why}`);
  const output = { verdict: verdict.kind, why: verdict.why, requests, errors, p95 };
  if (verdict.kind === 'stop') {
    throw new StepFailure('user', `gray was judged bad: ${verdict.why} (${seen})`, 'its traffic goes back to stable');
  }
  if (verdict.kind === 'cannot tell' && !gateFollows(context)) {
    throw new StepFailure(
      'user',
      `cannot tell whether gray is good: ${verdict.why}`,
      'send it traffic, or put a gate after it',
    );
  }
  return { end: 'succeeded', output };
}

const soFar = (seen: Observation, spec: ObserveSpec): string =>
  `so far: ${wordsOf(seen)}; if it ended now: ${judge(seen, spec, true).kind}`;

const wordsOf = ({ requests, errors, p95 }: Observation): string =>
  `${requests} requests, ${errors} errors${p95 === null ? '' : `, p95 ${Math.round(p95)} ms`}`;

/** Whether people decide before production: then "cannot tell" is theirs to weigh. */
function gateFollows(context: StepWork): boolean {
  const steps = context.plan?.steps ?? [];
  const own = steps.findIndex((s) => s.name === context.lease.name);
  return steps.slice(own + 1).some((s) => s.kind === 'approve');
}

async function counted(world: World, slot: number, lane: string): Promise<{ requests: number; errors: number }> {
  const all = await world.gateway.counters();
  const own = all.find((c) => c.slot === slot && c.lane === lane);
  return { requests: own?.requests ?? 0, errors: (own?.errors5xx ?? 0) + (own?.failed ?? 0) };
}

function percentile(times: readonly number[], part: number): number | null {
  if (times.length === 0) return null;
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}

const limits = (spec: ObserveSpec): string =>
  [
    spec.errors === null ? '' : `errors < ${spec.errors / 100} %`,
    spec.p95 === null ? '' : `p95 < ${spec.p95} ms`,
    `at least ${spec.minRequests} requests`,
  ]
    .filter(Boolean)
    .join(', ');

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new StepFailure('user', 'the watch was stopped'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
