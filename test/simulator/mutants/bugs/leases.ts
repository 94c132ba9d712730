import { bug, type Mutant } from '../mutant';

export const leases: readonly Mutant[] = [
  bug(
    'epoch-not-checked',
    'the fence lets an old epoch pass as long as somebody holds the step',
    'engine/steps/fence.ts',
    'step.epoch !== lease.epoch || ',
    '',
  ),
  bug(
    'epoch-not-raised',
    'a step is taken without another epoch',
    'engine/steps/take.ts',
    `epoch: e('epoch', '+', 1),`,
    `epoch: e('epoch', '+', 0),`,
  ),
  bug(
    'living-lease-taken',
    'a lease is taken over before it has run out',
    'engine/steps/candidates.ts',
    `e('steps.lease_until', '<', databaseNow)`,
    `e('steps.lease_until', '>', ZERO)`,
  ),
  bug(
    'late-actor',
    'whoever lost the step writes its result all the same',
    'engine/steps/fence.ts',
    'throw new LeaseLostError(lease.stepId, lease.epoch);',
    'void LeaseLostError;',
    // The table refuses a second result, too.
    {
      file: 'engine/model/transition.ts',
      from: 'if (!from.includes(step.state)) {',
      to: 'if (from.length === 0) {',
    },
  ),
  bug(
    'late-confirm',
    'an effect is confirmed by whoever lost the step',
    'engine/steps/effect.ts',
    'await fence(tx, lease);\n    await confirm(',
    'await confirm(',
  ),
  bug(
    'no-back-off',
    'a step that was given back is taken at once again',
    'engine/steps/candidates.ts',
    `e('steps.not_before', '<=', databaseNow)`,
    `e('steps.not_before', '>=', ZERO)`,
  ),
  bug(
    'terms-overlap',
    'a control loop is taken from whoever still has its term',
    'engine/control/term.ts',
    'if (known !== undefined && known.holder !== holder && known.left > 0) return undefined;',
    '',
    {
      file: 'engine/control/term.ts',
      from: 'if (row !== undefined && row.holder !== holder && row.left > 0) return undefined;',
      to: '',
    },
  ),
  bug(
    'hold-ignored',
    'steps are taken although the records come from a backup',
    'engine/steps/take.ts',
    'if ((await holdsIn(tx)).length > 0) return [];',
    '',
  ),
];
