import { expect } from 'chai';
import fc from 'fast-check';
import { releasesToKeep } from '../../../engine/archives/retention';
import { isFinalRun, type RunState } from '../../../engine/model/states';
import { type GuardFacts, guardOf, type RunFacts } from '../../../engine/retention/guard';
import { digestsIn, idsIn } from '../../../engine/retention/names';
import { planRuns } from '../../../engine/retention/plan-runs';
import { EMPTY_TRAFFIC, type Traffic } from '../../../engine/rollout/traffic';

const COUNT = 10;
const NOW = 1_000;
const idOf = (kind: 'a' | 'b', n: number): string => `00000000-0000-7000-${kind}000-${String(n).padStart(12, '0')}`;
/** Release `n` was made by run `n`. */
const releaseId = (n: number): string => idOf('a', n);
const runId = (n: number): string => idOf('b', n);

interface House {
  facts: GuardFacts;
  runs: RunFacts[];
  batch: Set<string>;
  policy: { runs: number; runsMin: number };
  floor: number;
}

const states: RunState[] = ['succeeded', 'failed', 'cancelled', 'running', 'waiting', 'undoing'];
const perhapsRelease = fc.option(fc.integer({ min: 0, max: COUNT - 1 }), { freq: 2, nil: null });
const toId = (n: number | null): string | null => (n === null ? null : releaseId(n));

const traffic = fc
  .record({ a: perhapsRelease, b: perhapsRelease, c: perhapsRelease, previous: perhapsRelease })
  .map(({ a, b, c, previous }): Traffic => {
    return { ...EMPTY_TRAFFIC, lanes: { a: toId(a), b: toId(b), c: toId(c) }, previous: toId(previous) };
  });

const seed = fc.record({
  state: fc.constantFrom(...states),
  endedAt: fc.integer({ min: 0, max: NOW }),
  /** A rollback carries a release that an earlier run made; an undo takes an earlier run back. */
  carries: fc.nat(),
  kind: fc.constantFrom('makes', 'makes', 'makes', 'rollback', 'undo', 'none'),
  named: fc.array(fc.integer({ min: 0, max: COUNT - 1 }), { maxLength: 3 }),
  inBatch: fc.boolean(),
});

/** Any app at any moment, and any old runs of it that are looked at together. */
const house: fc.Arbitrary<House> = fc
  .record({
    seeds: fc.array(seed, { minLength: COUNT, maxLength: COUNT }),
    production: traffic,
    test: traffic,
    promoted: fc.uniqueArray(fc.integer({ min: 0, max: COUNT - 1 })),
    instances: fc.array(fc.integer({ min: 0, max: COUNT - 1 }), { maxLength: 1 }),
    predecessors: fc.integer({ min: 0, max: 2 }),
    keepFor: fc.integer({ min: 0, max: NOW }),
    floor: fc.integer({ min: 0, max: COUNT }),
  })
  .map(({ seeds, production, test, promoted, instances, predecessors, keepFor, floor }) => {
    const runs = seeds.map((one, n): RunFacts => {
      const earlier = n === 0 ? null : one.carries % n;
      const made = one.kind === 'makes' ? releaseId(n) : null;
      const carried = one.kind === 'rollback' ? toId(earlier) : made;
      const undoesRun = one.kind === 'undo' && earlier !== null ? runId(earlier) : null;
      const endedAt = isFinalRun(one.state) ? one.endedAt : null;
      return { id: runId(n), number: n, state: one.state, endedAt, releaseId: carried, makes: made, undoesRun };
    });
    const there = new Set(runs.flatMap(({ makes }) => (makes === null ? [] : [makes])));
    const real = (id: string | null) => (id !== null && there.has(id) ? id : null);
    const onlyReal = (t: Traffic): Traffic => ({
      ...t,
      lanes: { a: real(t.lanes.a), b: real(t.lanes.b), c: real(t.lanes.c) },
      previous: real(t.previous),
    });
    for (const run of runs) run.releaseId = real(run.releaseId);
    const facts: GuardFacts = {
      environments: [
        { role: 'production', traffic: onlyReal(production) },
        { role: 'environment', traffic: onlyReal(test) },
      ],
      promoted: promoted.map(releaseId).filter((id) => there.has(id)),
      predecessors,
      instances: instances.map(releaseId).filter((id) => there.has(id)),
      runs,
      texts: new Map(
        runs.map(({ id }, n) => [id, [JSON.stringify({ before: (seeds[n]?.named ?? []).map(releaseId) })]]),
      ),
      makers: new Map(runs.flatMap(({ id, makes }) => (makes === null ? [] : [[makes, id] as const]))),
    };
    const batch = new Set(runs.filter((_, n) => seeds[n]?.inBatch).map(({ id }) => id));
    return { facts, runs, batch, policy: { runs: keepFor, runsMin: 1 }, floor };
  });

/** What is left of the house after the plan was carried out. */
function afterwards({ facts, runs, batch, policy, floor }: House) {
  const ofBatch = runs.filter(({ id }) => batch.has(id));
  const related = (run: RunFacts) =>
    ofBatch.some((one) => (one.makes !== null && one.makes === run.releaseId) || one.undoesRun === run.id);
  const others = runs.filter((run) => !batch.has(run.id) && related(run));
  const verdicts = planRuns({ batch: ofBatch, others, guard: guardOf(facts), floor }, policy, NOW);
  const gone = new Set(verdicts.filter(({ goes }) => goes).map(({ run }) => run.id));
  const left = runs.filter(({ id }) => !gone.has(id));
  return { gone, left, releases: new Set(left.flatMap(({ makes }) => (makes === null ? [] : [makes]))) };
}

const always = (check: (house: House, after: ReturnType<typeof afterwards>) => void): void =>
  fc.assert(
    fc.property(house, (one) => check(one, afterwards(one))),
    { numRuns: 2_000 },
  );

const namedBy = (facts: GuardFacts, run: RunFacts): string[] =>
  (facts.texts.get(run.id) ?? []).flatMap(idsIn).filter((id) => facts.makers.has(id));
const standing = ({ facts }: House): string[] => [
  ...facts.environments.flatMap(({ traffic: t }) => Object.values(t.lanes)).filter((id) => id !== null),
  ...facts.instances,
];

describe('the plan of retention [R5]', () => {
  it('never has a release that stands anywhere, or the way back', () => {
    always((one, { releases }) => {
      const ways = one.facts.environments.flatMap(({ traffic: t }) => (t.previous === null ? [] : [t.previous]));
      for (const id of [...standing(one), ...ways]) expect(releases.has(id), id).to.equal(true);
    });
  });

  it('never has a release that can be gone back to, and does not change which these are', () => {
    always(({ facts }, { releases }) => {
      const [production] = facts.environments;
      const targets = releasesToKeep(production?.traffic ?? EMPTY_TRAFFIC, facts.promoted, facts.predecessors);
      for (const id of targets) expect(releases.has(id), id).to.equal(true);
    });
  });

  it('never has a run that has not ended, one that it takes back, nor anything that one of these names', () => {
    always(({ facts, runs }, { gone, releases }) => {
      const open = runs.filter(({ state }) => !isFinalRun(state));
      const undone = runs.filter(({ id }) => open.some(({ undoesRun }) => undoesRun === id));
      for (const run of [...open, ...undone]) {
        expect(gone.has(run.id), run.id).to.equal(false);
        for (const id of namedBy(facts, run)) expect(releases.has(id), id).to.equal(true);
      }
    });
  });

  it('never has what the undo of a release that stands goes back to', () => {
    always((one, { gone, releases }) => {
      const stands = new Set(standing(one));
      for (const run of one.runs.filter((r) => stands.has(r.releaseId ?? ''))) {
        expect(gone.has(run.id), run.id).to.equal(false);
        for (const id of namedBy(one.facts, run)) expect(releases.has(id), id).to.equal(true);
      }
    });
  });

  it('leaves no run without its release, and no run as if it had never been taken back', () => {
    always(({ runs }, { gone, left, releases }) => {
      for (const { releaseId: carried } of left) if (carried !== null) expect(releases.has(carried)).to.equal(true);
      for (const { id, undoesRun } of runs) {
        if (gone.has(id) && undoesRun !== null) expect(gone.has(undoesRun), undoesRun).to.equal(true);
      }
    });
  });

  it('never has a run that is young, or one of the newest of its app', () => {
    always(({ runs, policy, floor }, { gone }) => {
      for (const run of runs.filter(({ id }) => gone.has(id))) {
        expect(run.endedAt ?? NOW).to.be.at.most(NOW - policy.runs);
        expect(run.number).to.be.below(floor);
      }
    });
  });

  it('has every old run that nothing leads to', () => {
    always(({ facts, runs, batch, policy, floor }, { gone }) => {
      const guard = guardOf(facts);
      for (const run of runs.filter(({ id }) => batch.has(id))) {
        const isOld = isFinalRun(run.state) && (run.endedAt ?? NOW) <= NOW - policy.runs && run.number < floor;
        const isFree = !runs.some(
          (r) => r.id !== run.id && ((run.makes !== null && r.releaseId === run.makes) || run.undoesRun === r.id),
        );
        if (isOld && isFree && !guard.runs.has(run.id)) expect(gone.has(run.id), run.id).to.equal(true);
      }
    });
  });

  it('finds ids and digests wherever they stand in a text', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const text = JSON.stringify({ before: { lanes: { a: releaseId(3) } }, files: [{ digest }], note: 'no-id' });
    expect([idsIn(text), digestsIn(text)]).to.deep.equal([[releaseId(3)], [digest]]);
  });
});
