import type { Invariant } from '../simulation';
import { approvals } from './approvals';
import { artifacts } from './artifacts';
import { audit } from './audit';
import { cancel } from './cancel';
import { durability } from './durability';
import { effects } from './effects';
import { gateway } from './gateway';
import { limits } from './limits';
import { liveness } from './liveness';
import { replays } from './replay';
import { rollback } from './rollback';
import { switching } from './switching';

const groups = [
  durability,
  replays,
  effects,
  artifacts,
  approvals,
  switching,
  gateway,
  rollback,
  cancel,
  audit,
  limits,
  liveness,
];

/** What must be true of every history. All of them look at one picture. */
export const invariants: readonly Invariant[] = groups.flat();
