import type { StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { runUserCommand } from './run-command';

/** Runs a user's command (tests, checks) in a container, with the sources inside. */
export function commandStep(world: World): StepKind<'command'> {
  return {
    kind: 'command',
    run: async (context) => {
      await context.ephemeral('command', (key) => runUserCommand(context, world, key, context.spec));
      return { end: 'succeeded', output: null };
    },
    inspect: async () => ({ found: 'partly' }), // a command that was cut off is run again
    undo: async () => ({ end: 'succeeded', output: null }),
  };
}
