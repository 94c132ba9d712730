import { bug, type Mutant } from '../mutant';

export const effects: readonly Mutant[] = [
  bug(
    'confirm-before-effect',
    'an effect is confirmed before it is made',
    'engine/steps/effect.ts',
    'const seen = fresh ? undefined : await request.find(key);',
    `await parts.store.write((tx) => confirm(tx, { key, observation: '{}', at: parts.clock.now() }));
     const seen = fresh ? undefined : await request.find(key);`,
  ),
  bug(
    'no-intent',
    'the world is changed without an intent',
    'engine/steps/effect.ts',
    'await insertEffects(tx, [row]);',
    '',
  ),
  bug(
    'not-looked',
    'after a crash an effect is made again without a look at the world',
    'engine/steps/effect.ts',
    'fresh ? undefined : await request.find(key)',
    'undefined',
  ),
  bug(
    'not-doubted',
    'what a lost runner intended is not in doubt',
    'engine/steps/take.ts',
    'if (row.epoch > 1) await doubtEffects(tx, { id });',
    '',
  ),
  bug(
    'assumed-done',
    'what an earlier epoch intended is taken for done',
    'engine/steps/effect.ts',
    'fresh ? undefined : await request.find(key)',
    '(fresh ? undefined : {}) as T | undefined',
  ),
  bug(
    'instances-doubled',
    'production starts instances of its own beside those that gray has standing',
    'runners/serving/bring-up.ts',
    'own.slice(Math.min(others.length, wanted))',
    'own',
    {
      file: 'engine/instances/serve.ts',
      from: 'ones.slice(0, Math.max(0, place.wanted - others.length))',
      to: 'ones',
    },
  ),
  bug(
    'no-epoch-label',
    'a container does not say by which epoch',
    'runners/serving/instance-spec.ts',
    'epoch: lease.epoch,',
    '',
  ),
];
