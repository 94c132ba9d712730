import type { Invariant } from '../simulation';
import { releaseIn, trafficOf } from './facts';
import { always, atRest, firstOf } from './support';

const FINAL: readonly string[] = ['succeeded', 'failed', 'cancelled', 'superseded', 'ignored'];

const noIntent: Invariant = always(
  'C1',
  'once a run is being ended it intends nothing new, except to take things back',
  (p) =>
    firstOf(p.changesOf('effects'), (change) => {
      const { was, is } = change;
      const { run } = p.atThatTime(change);
      const isIntent = is?.state === 'intended' && was?.state !== 'intended' && is.verb === 'run';
      if (!isIntent || run === undefined) return undefined;
      const isEnding = run.ends_as !== null || FINAL.includes(run.state);
      return isEnding ? `run ${run.number} is ${run.state} and intends ${is.target}` : undefined;
    }),
);

const noStep: Invariant = always(
  'C1b',
  'once a run is being ended no step of it begins, except to take things back',
  (p) =>
    firstOf(p.changesOf('steps'), (change) => {
      const { was, is } = change;
      const { run } = p.atThatTime(change);
      const begins = was?.state !== 'running' && is?.state === 'running' && is.verb === 'run';
      return begins && run != null && run.ends_as !== null
        ? `run ${run.number} is being ended and begins ${is.name}`
        : undefined;
    }),
);

const wholeSwitch: Invariant = atRest('C2', 'a cancelled switch ends as made or as taken back, never between', (p) =>
  firstOf(p.rows('runs').values(), (run) => {
    if (run.state !== 'cancelled' || run.release_id === null || !['push', 'release'].includes(run.trigger))
      return undefined;
    const steps = p.stepsOf(run.id);
    const hasPromoted = steps.some(
      ({ kind, verb, state }) => kind === 'promote' && verb === 'run' && state === 'succeeded',
    );
    const isStuck = steps.some(({ verb, state }) => verb === 'undo' && state !== 'succeeded');
    if (hasPromoted || isStuck) return undefined;
    return firstOf(p.rows('environments').values(), (row) => {
      if (row.app_id !== run.app_id || row.role !== 'production') return undefined;
      const traffic = trafficOf(row);
      const isGray = releaseIn(traffic, traffic.gray) === run.release_id;
      return isGray ? `run ${run.number} was cancelled, and its release still is gray` : undefined;
    });
  }),
);

export const cancel: readonly Invariant[] = [noIntent, noStep, wholeSwitch];
