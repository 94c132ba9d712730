import type { NewRun } from './create';

/** Submodules that the commit has may have to be fetched first. */
const PLAN_MS = 12 * 60_000;

/** The first step of a run that begins with reading the pipeline at its commit. */
export const PLAN_FIRST: NewRun['steps'] = [
  { name: 'plan', kind: 'plan', role: 'build', stage: 'build', verb: 'run', spec: {}, timeoutMs: PLAN_MS },
];
