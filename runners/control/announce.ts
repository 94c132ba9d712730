import { RUNNER_SAYS_MS, type RunnerSaid } from '../../engine/control/runners';
import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';

/** Says over and over that this runner is there, and how much it carries. Returns what says goodbye. */
export function announce(engine: Engine, said: RunnerSaid): () => Promise<void> {
  const say = (): void => {
    engine.runners.announce(said).catch((error: unknown) => {
      engine.parts.log.warn({ error: messageOf(error) }, 'this runner could not say that it is there');
    });
  };
  const timer = setInterval(say, RUNNER_SAYS_MS);
  say();
  return async () => {
    clearInterval(timer);
    await engine.runners.dismiss(said.owner);
  };
}
