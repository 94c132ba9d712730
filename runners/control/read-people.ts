import type { RunToRead } from '../../engine/approvals/read-again';
import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import { type Authors, readAuthors } from '../steps/authors';
import type { World } from '../world';

/**
 * Production has changed under a gate, by a way back or by another run: who wrote what its run brings beyond it now is read
 * from the repository, since they do not decide over it. Until then nobody can say yes there.
 */
export async function readPeople(engine: Engine, world: World): Promise<void> {
  for (const one of await engine.approvals.toRead()) {
    try {
      await engine.approvals.noteAgain(one, await authorsOf(engine, world, one));
    } catch (error) {
      // One repository that cannot be read must not keep the others from their turn.
      const about = { app: one.app.name, run: one.run.number, error: messageOf(error) };
      engine.parts.log.error(about, 'who took part in a run could not be read');
    }
  }
}

async function authorsOf(
  engine: Engine,
  { sources }: World,
  { app, run, beyond, isBuilt }: RunToRead,
): Promise<Authors> {
  if (!isBuilt) return { people: [], problem: '' };
  const { repository } = await engine.apps.find(app.name);
  return readAuthors(beyond.commit, (limit) => sources.history(repository, run.commit, beyond.commit, limit));
}
