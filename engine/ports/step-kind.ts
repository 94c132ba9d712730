import type { Plan, StageSpec, StepKindName, StepSpec } from '../../pipelines/types';
import type { Engine } from '../engine';
import type { Json } from '../model/hash';
import type { Kin } from '../runs/kin';
import type { StepLease } from '../steps/lease';
import type { Tx } from '../store/store';
import type { OutputLine } from './bytes';
import type { SecretFile, SecretsWanted } from './secrets';

/**
 * One kind of step: what it does, how one sees after a crash what became of it, how it is taken back.
 *
 * Contract, in this order:
 * - `inspect` is called first when an earlier epoch may have begun. It only looks. `done` ends the step with that
 *   output; anything else leads to `run` (or `undo`), whose effects adopt what is there one by one.
 * - `run` and `undo` touch the world only inside `context.effect` or `context.ephemeral`. They are called once per epoch, and may be called
 *   again by a later epoch after any crash.
 * - Both stop soon after `context.signal` aborts, by throwing or returning; cleanup may outlive the abort.
 * - They throw `StepFailure` with whose fault it was; any other error counts as Gantry's own fault.
 * - `undo` finds what `run` left by the step's output (`context.undone`), and succeeds when there is nothing to undo.
 */
export interface StepKind<Name extends StepKindName = StepKindName> {
  readonly kind: Name;
  run(context: StepContext<Name>): Promise<StepResult>;
  inspect(context: StepContext<Name>): Promise<Inspection>;
  undo(context: StepContext<Name>): Promise<StepResult>;
}

export interface StepContext<Name extends StepKindName = StepKindName> extends StepWork {
  readonly spec: Extract<StepSpec, { kind: Name }>['spec'];
}

/** The part of a step's context that does not depend on its kind. */
export interface StepWork {
  readonly lease: StepLease;
  /** Undefined only in the plan step and in runs that have no plan of their own. */
  readonly plan: Plan | undefined;
  readonly stage: StageSpec | undefined;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Output of the step that is taken back; undefined when it never succeeded. Only for `undo`. */
  readonly undone: Json | undefined;
  /** One line of the step's log. */
  readonly log: (line: OutputLine) => void;
  /** Output of an earlier step of this run. */
  outputOf(stepName: string): Promise<Json | undefined>;
  /** Secrets for what this step starts. From here on they are masked in all that it says and leaves. */
  secrets(wanted: SecretsWanted): Promise<readonly SecretFile[]>;
  effect<T extends Json>(effect: EffectRequest<T>): Promise<T>;
  /** Something that leaves nothing behind, under the fence; done again by a later epoch. `target` as in `effect`. */
  ephemeral<T>(target: string, act: (key: string) => Promise<T>): Promise<T>;
}

export interface EffectRequest<T extends Json> {
  /** What is changed, for people and for the key: `instance test/1`, `route production`. Unique in its step. */
  target: string;
  /** What is intended, recorded before the world is touched. */
  intent: Json;
  /**
   * Rows that change together with the intent, in its own transaction and under the fence: only when the intent is
   * recorded for the first time. What it returns is recorded instead of `intent`.
   */
  decide?(tx: Tx): Promise<Json>;
  /** Looks into the world for this very effect; undefined: it is not there. */
  find(key: string): Promise<T | undefined>;
  /**
   * Makes the change. Its result is the observation that is recorded. `intent` is the one that was recorded first,
   * by whichever epoch: what was true before the change stands there.
   */
  act(key: string, intent: Json): Promise<T>;
}

export type StepResult =
  | { end: 'succeeded'; output: Json }
  | { end: 'waiting'; reason: string }
  /** `kin`: runs of the same ref whose commits do not follow in the order in which they came. */
  | { end: 'planned'; plan: Plan; kin?: Kin }
  | { end: 'ignored'; reason: string };

export type Inspection = { found: 'done'; output: Json } | { found: 'partly' } | { found: 'nothing' };
