import type { StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { failUnlessDone } from './build-artifact';
import { buildLabels } from './labels';

/** Runs a user's command (tests, checks) in a container, with the sources inside. */
export function commandStep(world: World): StepKind<'command'> {
  return {
    kind: 'command',
    run: async (context) => {
      const { lease, spec, log, signal } = context;
      await context.effect({
        target: 'command',
        intent: { run: spec.run, in: spec.in },
        find: async () => undefined,
        act: async (key) => {
          const ended = await world.builder.runCommand({
            image: spec.in,
            command: spec.run,
            env: spec.env,
            sources: await world.sources.tar(lease.app.name, lease.run.commit, '.'),
            cache: { key: lease.app.name, paths: spec.cache },
            memory: spec.memory,
            timeoutMs: spec.timeout,
            labels: buildLabels(context, key),
            signal,
            onLine: log,
          });
          failUnlessDone(ended, spec.run, spec.timeout);
          return { exitCode: ended.exitCode };
        },
      });
      return { end: 'succeeded', output: null };
    },
    inspect: async () => ({ found: 'partly' }), // a command that was cut off is run again
    undo: async () => ({ end: 'succeeded', output: null }),
  };
}
