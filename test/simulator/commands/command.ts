/**
 * What may happen in a history. Plain data, so that a history is JSON. Things are named by number ("the second open
 * run of this app"), so that a command still means something when others before it were left out.
 */
export type Command = (Deed | Work | Life | Happening) & { trouble?: Trouble };

/** People and forges, at a web process. */
export type Deed = { at: Web } & (
  | {
      do: 'push';
      app: AppName;
      pipeline: PipelineName;
      /** `late`: an older move is told again; `back`: main is forced back; `delete`: it goes. */
      move: 'on' | 'late' | 'back' | 'delete';
      /** Told so often. */
      copies: number;
    }
  | { do: 'hook'; app: AppName; delivery: number; copies: number }
  /** Web fetches what hooks announced. */
  | { do: 'follow' }
  /** `shown`: the hash that the person has seen is today's, or that of an older question. `as`: how it is said. */
  | {
      do: 'vote';
      app: AppName;
      user: string;
      vote: 'yes' | 'no';
      shown: 'now' | 'old';
      as?: 'token' | 'emergency';
    }
  /** Takes a yes back. */
  | { do: 'withdraw'; app: AppName; user: string }
  | { do: 'review'; app: AppName; user: string }
  /** Somebody may decide, or may not any more; or an address turns out to be theirs. */
  | { do: 'person'; user: string; how: 'may decide' | 'may not' | 'is known' }
  /** Null: all apps. */
  | { do: 'freeze'; app: AppName | null; how: 'begin' | 'end' }
  /** What a gate is bound to changes under it: the gray plan of the newest run that asks. */
  | { do: 'replan'; app: AppName }
  | { do: 'cancel'; app: AppName; nth: number }
  /** To the release of this number, or to the one before. */
  | { do: 'rollback'; app: AppName; to?: number }
  /** One step of a run, or all from it on. */
  | { do: 'undo'; app: AppName; nth: number; from: boolean; step: number }
  | { do: 'share'; app: AppName; share: number }
  /** A release from outside, by the digest of an image. */
  | { do: 'release'; app: AppName }
  /** Somebody restores a backup of the records, compares, and says that they count again. */
  | { do: 'restore'; how: 'hold' | 'confirm' }
);

/** A runner. */
export type Work =
  /**
   * Goes on with a step that stopped, or takes one (`another`: in any case), and carries it out: to its end, or past so
   * many points. Then others get a turn.
   */
  | { do: 'work'; at: Runner; points?: number; another?: boolean }
  /** Time: leases are renewed, aborts are seen, control loops turn. `at`: who meets the trouble. */
  | { do: 'pass'; ms: number; at?: Runner };

/** Processes of Gantry. */
export type Life =
  /** `stop`: it is told to end, and gives its steps back. */
  { do: 'kill' | 'stop' | 'start' | 'pause' | 'wake'; process: ProcessName };

/** Everything around them. */
export type Happening =
  | { do: 'clock'; of: ProcessName; ms: number }
  | { do: 'disk'; how: 'full' | 'room' }
  | { do: 'bell'; how: 'lose' | 'double' | 'reorder' | 'noise' | 'down' | 'up' }
  | { do: 'docker'; how: 'restart' | 'hang' | 'back' }
  | { do: 'container'; nth: number; how: 'dies' | 'gets sick' | 'gets well' }
  | { do: 'gateway'; how: 'dies' | 'back' | 'forgets' }
  | { do: 'flip'; what: 'artifact' | 'blob'; nth: number }
  | { do: 'image'; nth: number; how: 'removed' }
  | { do: 'visit'; app: AppName; lane: 'stable' | 'gray'; requests: number; failed: number }
  /** Faults end: whatever is dead starts, whatever hangs goes on. */
  | { do: 'calm' };

/**
 * Something that goes wrong at the n-th point of what the process does for this command. Points are the beginning of a
 * transaction, the moment after its commit, the moments before and after a call to the world, and the engine's probes.
 */
export interface Trouble {
  point: number;
  /**
   * - `die`: the process is killed there;
   * - `pause`: it stops there until somebody wakes it;
   * - `fail`: the call fails. Before a transaction or an act nothing has happened; after it, it has, and nobody knows;
   * - `full`: from the command on the disk is full, until there is room again.
   */
  what: 'die' | 'pause' | 'fail' | 'full';
}

export const APPS = ['shop', 'bank'] as const;
export type AppName = (typeof APPS)[number];

export const WEBS = ['web-1', 'web-2'] as const;
export type Web = (typeof WEBS)[number];
export const RUNNERS = ['runner-1', 'runner-2'] as const;
export type Runner = (typeof RUNNERS)[number];
export type ProcessName = Web | Runner;

/** Pipelines that commits have: `test/simulator/world/pipelines.ts`. */
export const PIPELINES = ['short', 'full', 'gates', 'sick', 'broken'] as const;
export type PipelineName = (typeof PIPELINES)[number];
