import { hashOf } from '../../engine/model/hash';
import type { RunId } from '../../engine/model/ids';
import { planOfRun } from '../../engine/runs/recent-plans';
import { Chance } from './chance';
import type { Command } from './commands/command';
import { draw, drawMood } from './commands/draw';
import { play } from './commands/play';
import { openDatabase, type SimulatedDatabase } from './database';
import { History } from './history';
import { everything } from './look';
import { playScenes, type Scene, type SceneName } from './scenes';
import { settle } from './settle';
import type { Invariant } from './simulation';
import { Watch } from './watch';
import { copyWorld } from './world/world';

export interface SimulationWanted {
  /** The first history's; the next one's is one more. */
  seed: number;
  histories: number;
  /** Drawn commands of each history; what brings it to rest comes on top. */
  commands: number;
  invariants: readonly Invariant[];
}

export interface Finding {
  seed: number;
  invariant: string;
  says: string;
  what: string;
  /** Up to the one after which it was found. */
  commands: Command[];
}

export interface Outcome {
  histories: number;
  commands: number;
  /** Single looks at an invariant. */
  checks: number;
  finding: Finding | undefined;
}

/** Plays histories until one of them breaks an invariant. */
export async function simulate(wanted: SimulationWanted): Promise<Outcome> {
  const stage = await openStage();
  const outcome: Outcome = { histories: 0, commands: 0, checks: 0, finding: undefined };
  for (let i = 0; i < wanted.histories && outcome.finding === undefined; i++) {
    const played = await playOne(stage, wanted.seed + i, wanted);
    outcome.histories += 1;
    outcome.commands += played.played;
    outcome.checks += played.checks;
    outcome.finding = played.finding;
  }
  return outcome;
}

export interface Played {
  /** Those that were drawn or given: with the seed they give the same history again. */
  commands: Command[];
  /** All that were played: those that brought it to rest, too. */
  played: number;
  checks: number;
  finding: Finding | undefined;
  /** Of everything that was answered, and everything that is in the database at the end. */
  hash(): string;
}

/** What histories are played on. */
export interface Stage {
  database: SimulatedDatabase;
  scenes: ReadonlyMap<SceneName, Scene>;
}

export async function openStage(): Promise<Stage> {
  const database = await openDatabase();
  return { database, scenes: await playScenes(database) };
}

/**
 * What each history has of the costly things, by its seed: how many runners run the control loops (more than one, and
 * they are rivals), and whether it is brought to rest at its end.
 */
const COSTS = [
  { loops: 2, rests: true },
  { loops: 0, rests: false },
  { loops: 1, rests: false },
  { loops: 0, rests: false },
  { loops: 2, rests: false },
  { loops: 0, rests: false },
  { loops: 1, rests: false },
  { loops: 0, rests: false },
  { loops: 1, rests: false },
  { loops: 0, rests: false },
  { loops: 1, rests: false },
  { loops: 0, rests: false },
] as const;
const costsOf = (seed: number) => COSTS[seed % COSTS.length] ?? COSTS[0];

/** One history, drawn from its seed, or these very commands. */
export async function playOne(
  stage: Stage,
  seed: number,
  how: { commands: number; invariants: readonly Invariant[]; given?: readonly Command[] },
): Promise<Played> {
  const history = await setOut(stage, seed);
  if (how.given !== undefined) await forgetPlans(history);
  for (const invariant of how.invariants) invariant.reset?.(history);
  const watch = new Watch(history, how.invariants);
  const commands: Command[] = [];
  const mood = drawMood(history.chance);
  const count = how.given?.length ?? how.commands;
  while (commands.length < count && watch.finding === undefined) {
    const command = how.given?.[commands.length] ?? draw(history, mood);
    commands.push(command);
    watch.see(await play(history, command));
  }
  if (watch.finding === undefined && costsOf(seed).rests) await settle(history, watch);
  const { finding, checks } = watch;
  return {
    ...{ commands, played: history.journal.length, checks },
    finding: finding === undefined ? undefined : { seed, ...finding, commands },
    hash: () => hashOf([history.journal, everything(history.db)]),
  };
}

/** Plans that the engine remembers by their runs: the same seed again has the same runs, with other plans. */
const PLANS_REMEMBERED = 32;

async function forgetPlans({ engine: { parts } }: History): Promise<void> {
  for (let i = 0; i < PLANS_REMEMBERED; i++) await planOfRun(parts, `nobody's ${i}` as RunId);
}

/** A history at its beginning. */
export async function setOut({ database, scenes }: Stage, seed: number): Promise<History> {
  const chance = new Chance(~seed);
  const name = chance.pick<SceneName>(['empty', 'stable', 'warm', 'warm', 'gray', 'gray']);
  const scene = scenes.get(name);
  if (scene === undefined) throw new Error(`there is no scene ${name}`);
  database.bringBack(name);
  const history = new History(seed, database, scene.now);
  copyWorld(scene.outside, history.outside);
  await history.begin(costsOf(seed).loops);
  return history;
}
