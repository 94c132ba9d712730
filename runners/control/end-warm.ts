import type { Engine } from '../../engine/engine';
import type { Environment } from '../../engine/environments/find';
import { followTraffic } from '../serving/follow-traffic';
import { DRAINING, removeLaneless } from '../serving/take-down';
import type { World } from '../world';

/** Ends what was kept warm for long enough: its release stays the way back, its instances go. */
export async function endWarm(engine: Engine, world: World): Promise<void> {
  for (const environment of await engine.environments.list()) {
    if (environment.cluster !== world.cluster.name) continue;
    const cooled = await engine.environments.cool(environment.id);
    if (cooled !== undefined) await followTraffic(engine, world, cooled);
    await removeLeft(engine, world, cooled ?? environment);
  }
}

/**
 * Removes what goes and has no lane any more, and what nobody will go on starting, also after a turn or a step that was
 * cut off for good. What was open at the release that was warm was closed before, at the time that it asked for.
 */
async function removeLeft(engine: Engine, world: World, environment: Environment): Promise<void> {
  const { laneless, abandoned } = engine.instances;
  const left = [...(await laneless(environment)), ...(await abandoned(environment))];
  // Looked at after the list: whatever a step of now has begun to drain is that step's.
  if (left.length === 0 || (await engine.runs.anyStepRuns(environment.appId, DRAINING))) return;
  const log = (line: string) => engine.parts.log.info({ app: environment.app, rule: 'keep-warm' }, line);
  await removeLaneless(engine, world, environment, left, log);
}
