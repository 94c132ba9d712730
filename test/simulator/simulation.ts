import type Database from 'better-sqlite3';
import type { Engine } from '../../engine/engine';
import type { Labels } from '../../engine/ports/cluster';
import type { Lane, Route } from '../../engine/ports/gateway';
import type { Command } from './commands/command';

/** One history while it is played: what invariants look at after every command. Everything here is read synchronously. */
export interface Simulation {
  readonly seed: number;
  readonly engine: Engine;
  /** The database itself: prepare statements once per handle; the handle stays the same over many histories. */
  readonly db: Database.Database;
  readonly world: SimulatedWorld;
  readonly clock: {
    /** Virtual milliseconds; also the database's clock. */
    now(): number;
  };
  /** Every command so far, the one just played last. */
  readonly journal: readonly Entry[];
  /** Whether something is broken now: a process is dead, paused or hangs, queue, gateway or database misbehave. */
  faultsActive(): boolean;
  /** Processes of Gantry by name: `web-1`, `runner-2`. */
  readonly processes: ReadonlyMap<string, { state: 'up' | 'paused' | 'dead' }>;
}

/** A command and what became of it. */
export interface Entry {
  index: number;
  /** When it was played, virtual ms. */
  at: number;
  command: Command;
  /** A paused process may answer much later: then this changes. */
  answer: Answer;
}

export type Answer =
  /** A 2xx: what was asked for is promised. `value` is what the verb returned. */
  | { kind: 'done'; value: unknown }
  /** It was refused, by the code of a GantryError. */
  | { kind: 'refused'; code: string; message: string }
  /** No answer (yet): the process died, is paused or hangs. Nothing is promised, anything may have happened. */
  | { kind: 'silent' };

/** The fake Docker and gateway. They live on while processes of Gantry die. */
export interface SimulatedWorld {
  /** Containers by name; those that were removed are not there. */
  readonly instances: ReadonlyMap<string, SimulatedInstance>;
  /** What the running gateway follows, by host. */
  readonly routes: ReadonlyMap<string, Route>;
  /** Servers of a lane by the name of their instance; the key is `laneKey(slot, lane)`. */
  readonly lanes: ReadonlyMap<string, ReadonlyMap<string, SimulatedServer>>;
  /** Every change that was made to the world, oldest first. */
  readonly acts: readonly Act[];
  /** IDs of images that were built and are on the cluster. */
  readonly images: ReadonlySet<string>;
  /** Artifacts by digest; `sound` is false when a byte was flipped. */
  readonly artifacts: ReadonlyMap<string, { sound: boolean }>;
  /** Blobs of kept images by digest. */
  readonly blobs: ReadonlyMap<string, { sound: boolean }>;
  /** Rings that nobody has heard yet. */
  readonly rings: readonly { stepId: string; epoch: number }[];
  readonly gatewayRuns: boolean;
}

export interface SimulatedInstance {
  name: string;
  id: string;
  labels: Labels;
  imageId: string;
  address: string;
  running: boolean;
  /** It answers its health check. */
  healthy: boolean;
  startedAt: number;
}

export interface SimulatedServer {
  name: string;
  address: string;
  sessions: number;
}

export const laneKey = (slot: number, lane: Lane): string => `${slot}/${lane}`;

export type ActKind =
  | 'instance-start'
  | 'instance-remove'
  | 'image-build'
  | 'command-run'
  | 'route'
  | 'route-remove'
  | 'servers-add'
  | 'servers-remove'
  | 'sessions-close'
  | 'converge'
  | 'blob-remove'
  | 'artifact-remove';

/** One change of the world by one process of Gantry. */
export interface Act {
  at: number;
  /** `runner-1#2`: the second life of the first runner. */
  actor: string;
  kind: ActKind;
  /** Name of the instance, host, `slot/lane`, image or digest. */
  target: string;
  /** False when it was there already: adopted, repeated, or refused by the world. */
  changed: boolean;
  /** On behalf of which effect; undefined for control loops, cleanups and acts outside of effects. */
  effect: { key: string; epoch: number; stepId: string } | undefined;
  /** On behalf of which step; undefined for control loops. */
  step: { stepId: string; epoch: number } | undefined;
  /** For `route`: what was given. For `servers-add` and `servers-remove`: the names. */
  detail?: { route?: Route; names?: readonly string[] };
}

/** Something that must be true after every command (or only at rest). */
export interface Invariant {
  id: string;
  /** One sentence. */
  says: string;
  /** @returns what is wrong; undefined when it holds. Must not change anything. */
  check(sim: Simulation, after: Command): string | undefined;
  /** Only looked at when faults have stopped and nothing moves any more. */
  atRest?: boolean;
  /** A new history begins: forgets what it remembered, and takes note of what is there already. */
  reset?(sim: Simulation): void;
}
