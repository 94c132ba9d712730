/**
 * Carries bytes both ways between a person (in a web process) and an instance (at a runner) while a session is open.
 * It carries no truth: who may look into what, and that somebody did, stands in SQL.
 *
 * Contract:
 * - Frames of one direction arrive whole, in order, once. What was lost on the way ends the channel with
 *   `exchange-lost` on both sides; nothing is ever skipped silently.
 * - `send` resolves when there is room again: at most `WINDOW_BYTES` are under way in one direction, so a slow reader
 *   slows the writer down, and no buffer grows.
 * - A side that is gone without a word is noticed after `SILENCE_MS`.
 * - `ring` never throws: a lost ring is made good by the runners' own look into SQL.
 */
export interface Exchange {
  state(): 'up' | 'down';
  /** Tells runners that somebody asked for a session, or ended one. */
  ring(): Promise<void>;
  listen(heard: () => void): Promise<void>;
  /** One side's end of a session. @throws GantryError `exchange-down` when nothing can be carried now. */
  join(session: string, side: Side): Promise<Channel>;
  close(): Promise<void>;
}

export type Side = 'person' | 'instance';

export interface Channel {
  /** @throws GantryError `exchange-lost` when the other side is gone. */
  send(frame: Frame): Promise<void>;
  /** The other side's frames, until either side closes. For one reader. @throws GantryError `exchange-lost`. */
  frames(): AsyncIterable<Frame>;
  /** Says goodbye; what was sent before arrives. Safe to call again. */
  close(): Promise<void>;
}

export type Frame =
  /** The instance's side is there: its first frame. */
  | { type: 'open' }
  /** To the command. */
  | { type: 'input'; bytes: Buffer }
  | { type: 'end-of-input' }
  /** The person's terminal has this size now. */
  | { type: 'size'; columns: number; rows: number }
  /** From the instance. */
  | { type: 'output'; bytes: Buffer }
  | { type: 'errors'; bytes: Buffer }
  /** The instance's side is through: its last frame. `code` is set when it could not do what was asked. */
  | { type: 'end'; exitCode: number | null; reason: string; code: string; next: string };

/** Bytes under way in one direction of one session. */
export const WINDOW_BYTES = 256 * 1024;
/** A side that says nothing else says that it is there, this often, ms. */
export const HEARTBEAT_MS = 3_000;
/** Who was not heard for so long is gone, ms. */
export const SILENCE_MS = 10_000;
