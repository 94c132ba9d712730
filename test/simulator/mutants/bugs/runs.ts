import { bug, type Mutant } from '../mutant';

export const runs: readonly Mutant[] = [
  bug(
    'push-told-twice',
    'the same push told again starts a second run',
    'engine/deliveries/accept.ts',
    'const known = earlier > 0 && head !== push.before;',
    'const known = false;',
  ),
  bug(
    'hook-stored-twice',
    'the unique index of hooks is skipped, and nobody looks whether one is known',
    'engine/store/migrations.ts',
    'run_id text, unique (app_id, delivery_id))',
    'run_id text)',
    {
      file: 'engine/deliveries/receive-hook.ts',
      from: 'if (known !== undefined) return again(',
      to: 'if (known === null) return again(',
    },
  ),
  bug(
    'hook-forgotten',
    'a hook whose ref stood there already is never ended',
    'engine/deliveries/settle-hooks.ts',
    `.set({ outcome, reason, run_id: run, ended_at: parts.clock.now() })`,
    `.set({ outcome: outcome === 'known' ? 'pending' : outcome, reason, run_id: run, ended_at: parts.clock.now() })`,
  ),
  bug(
    'cancel-lets-ready-go-on',
    'what is ready goes on after a cancel',
    'engine/model/transition.ts',
    `['pending', 'ready', 'waiting'].includes(s.state)`,
    `['pending', 'waiting'].includes(s.state)`,
  ),
  bug(
    'cancel-lets-intents-pass',
    'a step of a cancelled run goes on to new effects',
    'engine/steps/fence.ts',
    `lease.verb === 'run' && abort_requested === 1`,
    `lease.verb === 'run' && abort_requested > 1`,
  ),
  bug(
    'nothing-taken-back',
    'a failed run leaves gray as it is',
    'engine/model/transition.ts',
    `const TAKEN_BACK = ['deliver', 'share', 'promote'];`,
    `const TAKEN_BACK = ['promote'];`,
  ),
  bug(
    'rollout-kept',
    'a run that has failed still holds gray and production',
    'engine/runs/apply.ts',
    '{ ended_at: now, holds_rollout: 0 }',
    `{ ended_at: now, ...(state === 'failed' ? {} : { holds_rollout: 0 }) }`,
  ),
  bug(
    'rollout-not-held',
    'a run goes to gray without holding it',
    'engine/steps/take.ts',
    'if (steps.some((step) => step.rollout)) await holdRollout(tx, { run });',
    '',
  ),
  bug(
    'superseded-by-nobody',
    'a superseded run does not say by what',
    'engine/runs/supersede.ts',
    `.set({ superseded_by: by.number })`,
    `.set({ superseded_by: null })`,
  ),
];
