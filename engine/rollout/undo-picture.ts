import type { StepKindName } from '../../pipelines/types';
import type { Json } from '../model/hash';
import type { StepState } from '../model/states';
import type { Traffic } from './traffic';

/** What the plan of an undo is made from; read from SQL, so that planning itself is pure. */
export interface UndoFacts {
  app: string;
  /** Number of the run that is taken back. */
  run: number;
  /** Id of the release that the run carries. */
  release: string | null;
  /** Every step of the run that may be taken back, in order. */
  steps: readonly UndoneStep[];
  environments: readonly { name: string; role: 'environment' | 'production'; traffic: Traffic }[];
  releases: ReadonlyMap<string, { number: number; withdrawn: boolean; imageId: string }>;
  /** Number of the other run that holds gray and production now. */
  holder: number | null;
}

export interface UndoneStep {
  name: string;
  kind: StepKindName;
  stage: string;
  /** Role of its stage: `build`, `environment`, `gray`, `production`. */
  role: string;
  state: StepState;
  output: Json;
  /** Number of the run that took it back already. */
  undoneBy: number | null;
  /** How long its undo took last time, ms. */
  lastMs: number | null;
}

/** One step, or a step and everything after it. */
export type UndoWanted = { step: string } | { before: string };

/** What a step's undo would do to the picture so far. */
export type Verdict =
  | { does: string; to?: string }
  | { skip: string }
  /** `next`: what to do instead. */
  | { refuse: string; next: string };

/** The world as it will be when the steps before were taken back; each undo changes it for the next. */
export interface UndoPicture {
  readonly facts: UndoFacts;
  readonly wanted: UndoWanted;
  /** By name of the environment. */
  readonly traffic: Map<string, Traffic>;
  readonly withdrawn: Set<string>;
}
