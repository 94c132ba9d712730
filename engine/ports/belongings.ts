import type { Labels } from './cluster';

/** Something that carries the label of this installation. */
export interface Belonging {
  kind: 'container' | 'network' | 'volume' | 'image';
  /** What it is removed by. */
  id: string;
  name: string;
  labels: Labels;
  /** When it was made, or given a name of ours for the last time, ms UTC; 0 when nobody knows. */
  madeAt: number;
  /** Bytes that it takes; 0 when nobody knows. */
  bytes: number;
  /** Whether a container uses it now. */
  inUse: boolean;
  /** The stage whose instances it is for; only networks. */
  stage?: string;
  /** Part of the house itself: there for as long as the installation is. */
  lasting?: boolean;
}

/**
 * What one installation has on a cluster, for whoever tidies up.
 *
 * Contract: only what carries this very installation's label is ever listed or removed; both may be repeated and may
 * run at once with anything. `remove` takes away what is listed, and nothing of what others have a name for.
 */
export interface Belongings {
  list(kinds: readonly Belonging['kind'][]): Promise<Belonging[]>;
  /** @returns why it was left; undefined when it is gone, or was gone before. */
  remove(one: Belonging): Promise<string | undefined>;
}
