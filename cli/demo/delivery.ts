import type { Run } from '../api/types';
import { carry, doingOf, type Journey, stepTimes } from './carry';
import { type Demo, seconds } from './demo';
import { type App, type FixtureVersion, numberOf } from './fixture';

const TOLD_AT_GATE: Readonly<Record<string, string>> = {
  'gray/approve': 'the owner looked at it in test, and approves that it stands beside the stable release',
  'production/approve': 'the owner approves it for everybody',
};
/** Steps whose time says something. */
const SLOW_STEPS = /^(build-|layer-image|test\/deliver|gray\/deliver|gray\/observe|production\/promote)/;

/** A push and all that follows from it, told while it goes on. @returns the run's end, whatever it is */
export async function deliver(demo: Demo, app: App, version: FixtureVersion, journey: Journey = {}): Promise<Run> {
  const { house, story, dummy } = demo;
  story.now(app, 'git push');
  const pushed = await house.push(app, version, { dummy });
  story.tell(`${app}: git push of ${version}, answered after ${seconds(pushed.ms)}: ${pushed.run?.url}`);
  const run = await carry(house, app, pushed.number, {
    ...(journey.whileWatched === undefined ? {} : { whileWatched: journey.whileWatched }),
    onLook: (now) => story.now(app, `${version} ${doingOf(now)}`),
    atGate: async (step, now) => {
      if (step === 'gray/approve') await tellTest(demo, app, now);
      await journey.atGate?.(step, now);
      story.tell(`${app}: ${step}: ${TOLD_AT_GATE[step] ?? 'the owner approves'}`);
    },
  });
  story.now(app, undefined);
  if (run.state === 'succeeded') {
    const took = seconds((run.endedAt ?? run.createdAt) - run.createdAt);
    story.tell(`${app}: ${numberOf[version]} serves production, ${took} after the push`);
    story.tell(`${app}: ${stepTimes(run, (step) => SLOW_STEPS.test(step))}`);
  }
  return run;
}

/** What QA sees: the test address answers, production does not know of it yet. */
async function tellTest({ house, story, visits, dummy }: Demo, app: App, run: Run): Promise<void> {
  const test = await house.environment(app, 'test');
  if (test === undefined) return;
  const release = `release ${run.release} (${run.releaseHash?.slice(0, 10)})`;
  const met = dummy ? 'on the dummy runner' : `answers ${await visits.testVersion(test.host)}`;
  story.tell(`${app}: ${release} stands in test, ${met}: ${test.url}`);
}

/** A run that had to go well. @throws Error with the run's own reason */
export function mustSucceed(run: Run): Run {
  if (run.state === 'succeeded') return run;
  throw new Error(
    `${run.app}#${run.number} ${run.state}: ${run.reason}; see: gantry run show ${run.app} ${run.number}`,
  );
}
