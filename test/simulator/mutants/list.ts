import { approvals } from './bugs/approvals';
import { effects } from './bugs/effects';
import { leases } from './bugs/leases';
import { records } from './bugs/records';
import { runs } from './bugs/runs';
import { switches } from './bugs/switches';
import type { Mutant } from './mutant';

/** Bugs that are planted one at a time: each of them must break an invariant. */
export const mutants: readonly Mutant[] = [...leases, ...effects, ...runs, ...approvals, ...switches, ...records];
