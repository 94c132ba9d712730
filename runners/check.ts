/** What the doctor of a runner found at one place; the command line shows it beside its own. */
export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  found: string;
  why: string;
  mend: string;
}
