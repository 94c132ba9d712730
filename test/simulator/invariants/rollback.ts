import type { Invariant } from '../simulation';
import { releaseIn, switchesOf, trafficOf } from './facts';
import type { Picture } from './picture';
import type { Row } from './recorder';
import { always, firstOf, remembering } from './support';
import { stableMoves } from './switching';

const wayBack: Invariant = always(
  'B1',
  'who becomes stable in production leaves the one before as the way back, warm',
  (p) =>
    firstOf(stableMoves(p), ({ environment, before, after, from, to }) => {
      if (environment.role !== 'production' || from === null || to === null) return undefined;
      if (after.previous !== from) return `the way back of ${environment.host} is not who was stable before`;
      return after.warm === before.stable ? undefined : `who was stable in ${environment.host} is not kept warm`;
    }),
);

/** Clocks of processes may be wrong by a minute here; two of them meet. */
const CLOCKS_MS = 2 * 60_000;

const keptWarm: Invariant = always('B1b', 'who is kept warm stays so for as long as it was promised', (p) =>
  firstOf(switchesInTime(p), ({ environment, before, after, step, since, until }) => {
    const hasCooled = before.warm !== null && after.warm === null && environment.role === 'production';
    if (!hasCooled || step !== undefined || until === null) return undefined;
    return until > since + CLOCKS_MS ? `${environment.host} was cooled ${until - since} ms too early` : undefined;
  }),
);

/** Every switch of the last command with the time at which it was made, and the one until which warm was promised. */
const switchesInTime = (p: Picture) => {
  const until = new Map(
    p.changesOf('environments').map(({ was, is, at }) => [is, { since: at, until: was?.warm_until ?? null }]),
  );
  return switchesOf(p).map((one) => ({ ...one, ...(until.get(one.environment) ?? { since: 0, until: null }) }));
};

/** Acts that need Git, a builder or a registry. */
const BUILDS: readonly string[] = ['image-build', 'command-run'];

const bare: Invariant = always('B2', 'a rollback builds nothing', (p) =>
  firstOf(p.acts, ({ kind, target, step }) => {
    const row = p.rows('steps').get(step?.stepId ?? '');
    const isBack = p.rows('runs').get(row?.run_id ?? '')?.trigger === 'rollback';
    return isBack && BUILDS.includes(kind) ? `a rollback made ${kind} of ${target}` : undefined;
  }),
);

/** B3: a way back that leads where it says leads back again. */
const there: Invariant = always('B3', 'a rollback makes the release stable that it was started for', (p) =>
  firstOf(stableMoves(p), ({ run, to }) => {
    if (run?.trigger !== 'rollback' || run.release_id === to) return undefined;
    return `rollback ${run.number} made another release stable than the one it is for`;
  }),
);

const aimed: Invariant = remembering(
  'B3b',
  'a rollback that names no release leads to the one that was stable before',
  () => ({ before: new Map<string, string | null>() }),
  (p, { before }) => {
    for (const { was, is } of p.changesOf('environments')) {
      // What was there when the history began.
      if (was === undefined && is?.role === 'production') before.set(is.app_id, trafficOf(is).previous);
    }
    const { command } = p.sim.journal.at(-1) ?? {};
    const wrong = firstOf(p.changesOf('runs'), ({ was, is }) => {
      const isNew = was === undefined && is?.trigger === 'rollback';
      if (!isNew || command?.do !== 'rollback' || command.to !== undefined) return undefined;
      const expected = before.get(is.app_id);
      return is.release_id === expected
        ? undefined
        : `rollback ${is.number} leads to ${is.release_id}, not to ${expected}`;
    });
    for (const { environment, from } of stableMoves(p)) {
      if (environment.role === 'production' && from !== null) before.set(environment.app_id, from);
    }
    return wrong;
  },
);

/** B4 for the undo that a run makes of itself: what it could not bring to its goal is gone from production. */
const undone: Invariant = always(
  'B4',
  'a run that did not reach its goal leaves nothing of it in gray and production',
  (p) =>
    firstOf(p.changesOf('runs'), ({ was, is }) => {
      const hasEnded =
        is !== undefined && was?.state !== is.state && ['failed', 'cancelled', 'superseded'].includes(is.state);
      if (!hasEnded || !['push', 'release'].includes(is.trigger)) return undefined;
      const steps = p.stepsOf(is.id);
      const hasPromoted = steps.some(
        ({ kind, verb, state }) => kind === 'promote' && verb === 'run' && state === 'succeeded',
      );
      const isStuck = steps.some(({ verb, state }) => verb === 'undo' && state !== 'succeeded');
      return hasPromoted || isStuck ? undefined : leftOver(p, is);
    }),
);

function leftOver(p: Picture, run: Row<'runs'>): string | undefined {
  const production = [...p.rows('environments').values()].find(
    (e) => e.app_id === run.app_id && e.role === 'production',
  );
  if (production === undefined || run.release_id === null) return undefined;
  const traffic = trafficOf(production);
  const role = Object.entries({ stable: traffic.stable, gray: traffic.gray }).find(
    ([, lane]) => releaseIn(traffic, lane) === run.release_id,
  )?.[0];
  return role === undefined ? undefined : `run ${run.number} is ${run.state}, and its release is ${role}`;
}

export const rollback: readonly Invariant[] = [wayBack, keptWarm, bare, there, aimed, undone];
