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
  const { log } = engine.parts;
  const failed: unknown[] = [];
  // What fails in one of them must not keep the others from their turn.
  const attempt = (work: Promise<number>): Promise<number> =>
    work.catch((error: unknown) => {
      failed.push(error);
      return 0;
    });
  await attempt(readTriggers(engine, world).then(() => 0));
  const started = (await attempt(engine.triggers.startScheduled())) + (await attempt(engine.triggers.startFollowers()));
  if (started > 0) log.info({ loop: 'triggers', runs: started }, 'runs were started by rules');
  if (failed.length > 0) throw failed[0];
}

async function readTriggers(engine: Engine, world: World): Promise<void> {
  const apps = await engine.triggers.toLook();
  if (apps.length === 0) return;
  const solo = await engine.users.isSolo();
  for (const app of apps) {
    try {
      await engine.triggers.note(app, await look(world, app, solo));
    } catch (error) {
      engine.parts.log.error({ app: app.name, error: messageOf(error) }, 'what starts its runs could not be noted');
    }
  }
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
