import { setTimeout as wait } from 'node:timers/promises';
import type { ExtraEnd, ExtraOf } from '../../engine/extras/asked';
import type { Extra } from '../../engine/extras/names';
import { StepFailure } from '../../engine/model/errors';
import type { StepWork } from '../../engine/ports/step-kind';
import type { World } from '../world';
import type { AppSources } from './app-sources';

/** Longer than web tries, and shorter than the step may take. */
const WAIT_MS = 11 * 60_000;
/** How often it is looked whether it has come. */
const LOOK_MS = 100;

/**
 * Waits for what the operator lets an app fetch beside its commits, before anything of the run is planned.
 * @throws StepFailure with the reason why something of it is not to be had
 */
export async function awaitExtras(work: StepWork, { sources }: World): Promise<void> {
  const { engine, lease, log } = work;
  const app = await engine.apps.find(lease.app.name);
  const appId = app.repository_id ?? app.id;
  const on = await engine.extras.of(appId);
  if (on.length === 0) return;
  const { commit } = lease.run;
  const has = await sources.extras(app.repository, commit);
  for (const extra of on.filter((one) => has.includes(one))) {
    log(`${extra} are fetched`);
    await engine.extras.ask({ appId, commit, extra });
    demand(extra, await endOf(work, { appId, commit, extra }));
  }
}

async function endOf({ engine, signal }: StepWork, asked: ExtraOf): Promise<ExtraEnd | undefined> {
  for (let waited = 0; waited < WAIT_MS; waited += LOOK_MS) {
    const end = await engine.extras.end(asked);
    if (end !== undefined) return end;
    signal.throwIfAborted();
    await wait(LOOK_MS);
  }
  return undefined;
}

function demand(extra: Extra, end: ExtraEnd | undefined): void {
  if (end === undefined) {
    throw new StepFailure('world', `${extra} were not fetched within ${WAIT_MS / 60_000} min`, 'see gantry status');
  }
  if (end.state === 'refused') throw new StepFailure('user', end.reason);
  if (end.state === 'failed') throw new StepFailure('world', end.reason, 'then: gantry restart');
}

/** Says what the commit names and a build does not see, and how that is changed. */
export async function tellLeftOut({ log }: Pick<StepWork, 'log'>, sources: AppSources): Promise<void> {
  for (const extra of await sources.leftOut()) {
    log(
      `the ${extra} of this commit are left out; to have them: gantry app source ${sources.repository} --${extra} on`,
    );
  }
}
