import type { Engine } from '../../engine/engine';
import { GantryError, messageOf } from '../../engine/model/errors';
import type { AppToLook, TriggersFound } from '../../engine/triggers/look';
import { checkPipeline, problemLine } from '../../pipelines/check';
import { PIPELINE_FILE } from '../../pipelines/parse';
import { plainPath } from '../../pipelines/paths';
import { parseOnce } from '../steps/recent-pipelines';
import type { World } from '../world';

const FILE_LIMIT_BYTES = 256 * 1024;

/**
 * Starts what nobody pushes: runs of schedules that are due, and of releases that other apps follow. What wants them is
 * read first, from the head of each default branch that has moved.
 */
export async function startTriggered(engine: Engine, world: World): Promise<void> {
  await readTriggers(engine, world);
  const started = (await engine.triggers.startScheduled()) + (await engine.triggers.startFollowers());
  if (started > 0) engine.parts.log.info({ loop: 'triggers', runs: started }, 'runs were started by rules');
}

async function readTriggers(engine: Engine, world: World): Promise<void> {
  const apps = await engine.triggers.toLook();
  if (apps.length === 0) return;
  const solo = await engine.users.isSolo();
  for (const app of apps) await engine.triggers.note(app, await look(world, app, solo));
}

/** One app whose repository cannot be read must not keep the others from being looked at. */
async function look({ sources }: World, app: AppToLook, solo: boolean): Promise<TriggersFound> {
  const file = plainPath(`${app.path}/${PIPELINE_FILE}`);
  const at = `${file} at ${app.commit.slice(0, 12)}`;
  let text: Buffer | undefined;
  try {
    text = await sources.readFile(app.repository, app.commit, file, FILE_LIMIT_BYTES);
  } catch (error) {
    const again = error instanceof GantryError && error.kind === 'unavailable';
    return { reason: `${at} cannot be read: ${messageOf(error)}`, again };
  }
  if (text === undefined) return { reason: `there is no ${at}` };
  const checked = checkPipeline(text.toString('utf8'), { file, solo }, parseOnce);
  if (!checked.ok) {
    const first = checked.problems.find(({ severity }) => severity === 'error');
    return { reason: `${at} is refused: ${first === undefined ? 'see gantry lint' : problemLine(first)}` };
  }
  if (checked.spec.app !== app.name) return { reason: `${at} says app: ${checked.spec.app}` };
  return checked.spec.on;
}
