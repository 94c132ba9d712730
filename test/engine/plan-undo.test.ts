import { expect } from 'chai';
import { planUndo } from '../../engine/rollout/plan-undo';
import { EMPTY_TRAFFIC, type Traffic } from '../../engine/rollout/traffic';
import type { UndoFacts, UndoneStep } from '../../engine/rollout/undo-picture';

const step = (name: string, kind: UndoneStep['kind'], part: Partial<UndoneStep> = {}): UndoneStep => ({
  name,
  kind,
  stage: 'production',
  role: 'production',
  state: 'succeeded',
  output: null,
  undoneBy: null,
  lastMs: null,
  ...part,
});

const traffic = (a: string | null, b: string | null, c: string | null, part: Partial<Traffic> = {}): Traffic => ({
  ...EMPTY_TRAFFIC,
  lanes: { a, b, c },
  ...part,
});

/** Releases 1 to 4, each of an image of its own; release 3 is this run's, stable since release 2. */
const facts = (part: Partial<UndoFacts> = {}): UndoFacts => ({
  app: 'shop',
  run: 7,
  release: 'r3',
  steps: [
    step('build-image', 'build-image', { stage: 'build', role: 'build' }),
    step('seal', 'seal', { stage: 'build', role: 'build' }),
    step('gray/deliver', 'deliver', { stage: 'gray', role: 'gray' }),
    step('gray/observe', 'observe', { stage: 'gray', role: 'gray' }),
    step('production/promote', 'promote', {
      output: { version: 4, before: JSON.parse(JSON.stringify(traffic('r2', 'r3', null, { stable: 'a' }))) },
      lastMs: 35,
    }),
    step('production/retire', 'retire', { state: 'cancelled' }),
  ],
  environments: [
    { name: 'production', role: 'production', traffic: traffic('r2', 'r3', null, { stable: 'b', warm: 'a' }) },
  ],
  releases: new Map(
    [1, 2, 3, 4].map((n) => [`r${n}`, { number: n, withdrawn: false, imageId: `sha256:${n}` }] as const),
  ),
  holder: null,
  ...part,
});

describe('the plan of an undo', () => {
  it('moves the picture on, so that each step is judged as it will be', () => {
    const plan = planUndo(facts(), { before: 'build-image' });
    expect(plan.steps.map((s) => [s.step, s.lastMs, s.to])).to.deep.equal([
      ['production/promote', 35, 'r2'],
      ['gray/deliver', null, undefined],
      ['seal', null, undefined],
      ['build-image', null, undefined],
    ]);
    expect(plan.skipped).to.deep.equal([
      { step: 'production/retire', why: 'it never did its work (cancelled)' },
      { step: 'gray/observe', why: 'nothing to undo: watching changed nothing' },
    ]);
  });

  it('leaves the name of an image to another release that is made of it', () => {
    const releases = new Map([...facts().releases, ['r4', { number: 4, withdrawn: false, imageId: 'sha256:3' }]]);
    const plan = planUndo(facts({ releases }), { before: 'build-image' });
    expect(plan.skipped.at(-1)).to.deep.equal({ step: 'build-image', why: 'release 4 is made of the same image' });
  });

  it('does not start again what was retired so long ago that its record was removed', () => {
    const retired = step('production/retire', 'retire', { output: { retired: ['r0'] } });
    const steps = [...facts().steps.slice(0, -1), retired];
    const why = 'what it retired is over for so long that it was removed';
    const plan = planUndo(facts({ steps }), { step: 'production/retire' });
    expect(plan.refused).to.deep.equal([{ step: 'production/retire', why, next: 'push its commit again' }]);
    const all = planUndo(facts({ steps }), { before: 'build-image' });
    expect(all.refused).to.deep.equal([]);
    expect(all.skipped[0]).to.deep.equal({ step: 'production/retire', why });
  });

  it('tells who must leave when a release has to be started and there is no room', () => {
    const full = traffic('r1', 'r3', 'r4', { stable: 'b', warm: 'a' });
    const plan = planUndo(facts({ environments: [{ name: 'production', role: 'production', traffic: full }] }), {
      step: 'production/promote',
    });
    expect(plan.steps[0]?.does).to.equal(
      'the instances of release 2 are started from its kept image, then it becomes stable again; release 3 stays warm; ' +
        'release 1, kept warm until now, is stopped',
    );
  });

  const refusals: [what: string, part: Partial<UndoFacts>, wanted: string, why: string, next: string][] = [
    [
      'another run holds gray and production',
      { holder: 8 },
      'production/promote',
      'run 8 holds gray and production now',
      'wait until it is through, or end it: gantry run cancel shop 8',
    ],
    [
      'another release is gray',
      {
        environments: [
          {
            name: 'production',
            role: 'production',
            traffic: traffic('r2', 'r3', 'r4', { stable: 'b', warm: 'a', gray: 'c' }),
          },
        ],
      },
      'production/promote',
      'release 4 is gray now',
      'end that first: gantry rollback shop',
    ],
    [
      'what was stable before is withdrawn',
      { releases: new Map([...facts().releases, ['r2', { number: 2, withdrawn: true, imageId: '' }]]) },
      'production/promote',
      'release 2, which was stable before, is withdrawn',
      'promote another release: push a commit',
    ],
    [
      'the release is stable',
      {},
      'gray/deliver',
      'release 3 is stable in production',
      'first make another one stable: gantry rollback shop',
    ],
    [
      'the release stands somewhere',
      {},
      'seal',
      'release 3 stands in production',
      'go back to before it: gantry undo shop 7 --before seal',
    ],
    [
      'a release is made of the image',
      {},
      'build-image',
      'release 3 is made of it',
      'go back to before it: gantry undo shop 7 --before seal',
    ],
    [
      'another run did it already',
      { steps: [step('seal', 'seal', { undoneBy: 9 })] },
      'seal',
      'run 9 took it back already',
      '',
    ],
  ];
  for (const [what, part, wanted, why, next] of refusals) {
    it(`refuses when ${what}`, () => {
      const plan = planUndo(facts(part), { step: wanted });
      expect(plan).to.deep.equal({ steps: [], skipped: [], refused: [{ step: wanted, why, next }] });
    });
  }

  it('ends at the first step that cannot be taken back: the ones before stand beneath it', () => {
    const plan = planUndo(facts({ holder: 8 }), { before: 'seal' });
    expect(plan.refused.map((r) => r.step)).to.deep.equal(['production/promote']);
    expect(plan.steps).to.deep.equal([]);
  });
});
