import { releasesToKeep } from '../archives/retention';
import { isFinalRun, type RunState } from '../model/states';
import type { Traffic } from '../rollout/traffic';
import { idsIn } from './names';

/** A run as far as retention looks at it. */
export interface RunFacts {
  id: string;
  number: number;
  state: RunState;
  endedAt: number | null;
  /** The release that it carries; a rollback carries one that another run made. */
  releaseId: string | null;
  /** The release that it made itself. */
  makes: string | null;
  /** The run whose steps it took back. */
  undoesRun: string | null;
}

/** What an app's references are read from. */
export interface GuardFacts {
  environments: readonly { role: 'environment' | 'production'; traffic: Traffic }[];
  /** Releases that were stable, the last one first, without those that were withdrawn. */
  promoted: readonly string[];
  /** How many of these can be gone back to, besides what is present. */
  predecessors: number;
  /** Releases of instances that are not gone. */
  instances: readonly string[];
  /** All that have not ended, those that they take back, and those that carry a release which is kept. */
  runs: readonly RunFacts[];
  /** What each of these runs' steps were told and said. */
  texts: ReadonlyMap<string, readonly string[]>;
  /** Which run made which release; at least of those that are named anywhere here. */
  makers: ReadonlyMap<string, string>;
}

/** What must stay however old it is, each with a sentence for people. */
export interface Guard {
  releases: ReadonlyMap<string, string>;
  runs: ReadonlyMap<string, string>;
}

/**
 * What is referenced: by what stands or can be gone back to, by a run that has not ended (one that waits for people
 * included), and by an undo that is still possible. Pure.
 */
export function guardOf(facts: GuardFacts): Guard {
  const releases = new Map<string, string>();
  const keep = (ids: Iterable<string | null>, why: string): void => {
    for (const id of ids) if (id !== null && !releases.has(id)) releases.set(id, why);
  };
  const standing = new Set([...facts.environments.flatMap(({ traffic }) => present(traffic)), ...facts.instances]);
  keep(standing, 'it stands');
  keep(
    facts.environments.map(({ traffic }) => traffic.previous),
    'it is the way back',
  );
  for (const { role, traffic } of facts.environments) {
    if (role === 'production') {
      keep(releasesToKeep(traffic, facts.promoted, facts.predecessors), 'it can be gone back to');
    }
  }
  const named = (run: RunFacts) => (facts.texts.get(run.id) ?? []).flatMap(idsIn).filter((id) => facts.makers.has(id));
  const open = openRuns(facts);
  for (const run of facts.runs) {
    if (open.has(run.id)) keep([run.releaseId, ...named(run)], 'a run that has not ended needs it');
    else if (standing.has(run.releaseId ?? '')) keep(named(run), 'an undo can go back to it');
  }
  return { releases, runs: runsOf(facts, open, releases) };
}

/** Runs that have not ended, and those that one of them takes back: it reads there how things were before. */
function openRuns({ runs }: GuardFacts): Map<string, string> {
  const open = runs.filter(({ state }) => !isFinalRun(state));
  const undone = open.flatMap(({ undoesRun }) => (undoesRun === null ? [] : [undoesRun]));
  return new Map([
    ...undone.map((id) => [id, 'it is being taken back'] as const),
    ...open.map(({ id }) => [id, 'it has not ended'] as const),
  ]);
}

function runsOf(
  facts: GuardFacts,
  open: ReadonlyMap<string, string>,
  releases: ReadonlyMap<string, string>,
): Map<string, string> {
  const runs = new Map(open);
  for (const { id, releaseId } of facts.runs) {
    if (!runs.has(id) && releases.has(releaseId ?? '')) runs.set(id, `its release: ${releases.get(releaseId ?? '')}`);
  }
  for (const [release, why] of releases) {
    const maker = facts.makers.get(release);
    if (maker !== undefined && !runs.has(maker)) runs.set(maker, `its release: ${why}`);
  }
  return runs;
}

/** Releases in the lanes of an environment. */
export const present = ({ lanes }: Traffic): string[] => Object.values(lanes).filter((id) => id !== null);
