import type { StepKind } from '../../engine/ports/step-kind';

/** Waits for people. The question itself is opened in the transaction that makes the step wait. */
export function approveStep(): StepKind<'approve'> {
  return {
    kind: 'approve',
    run: async ({ spec, log }) => {
      const who = spec.count === 1 ? `a ${spec.role}` : `${spec.count} people with the role ${spec.role}`;
      log(`waits for ${who}`);
      return { end: 'waiting', reason: `waits for the approval of ${who}` };
    },
    inspect: async () => ({ found: 'nothing' }),
    undo: async () => ({ end: 'succeeded', output: null }), // the run's end voids what was not used
  };
}
