/** One prerequisite or setting, looked at. The same shape comes from the runner's own doctor. */
export interface Check {
  /** Short and stable: `docker`. */
  name: string;
  state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  found: string;
  /** Why it matters. */
  why: string;
  /** How to mend it; empty when there is nothing to mend. */
  mend: string;
}
