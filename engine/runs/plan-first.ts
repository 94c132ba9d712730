import type { NewRun } from './create';

/** The first step of a run that begins with reading the pipeline at its commit. */
export const PLAN_FIRST: NewRun['steps'] = [
  { name: 'plan', kind: 'plan', role: 'build', stage: 'build', verb: 'run', spec: {}, timeoutMs: 60_000 },
];
