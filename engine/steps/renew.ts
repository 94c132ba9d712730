import { sql } from 'kysely';
import type { StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import { databaseNow, type Reader } from '../store/store';
import type { Tables } from '../store/tables';
import { LEASE_MS, type StepLease } from './lease';

/** What became of a step that a runner is at work on. */
export type Standing =
  | 'held'
  /** Its run is being ended: it should stop. */
  | 'ended'
  /** Another runner has it, or it is over: nothing more may be done for it. */
  | 'lost';

type Held = Pick<StepLease, 'stepId' | 'epoch'>;
type Row = Pick<Tables['steps'], 'id' | 'epoch' | 'abort_requested'>;

/** Leases in one statement, so that it is built and planned once; where there are fewer, the last one fills up. */
const PORTION = 20;
const PLACES = Array.from({ length: PORTION }, (_, i) => i);
type Arguments = Record<`id${number}`, StepId> & Record<`epoch${number}`, number>;

const renewed = statement<Arguments, Row>((db, argument) =>
  db
    .updateTable('steps')
    .set({ lease_until: sql<number>`${databaseNow} + ${LEASE_MS}` })
    .where((e) =>
      e.or(PLACES.map((i) => e.and([e('id', '=', argument(`id${i}`)), e('epoch', '=', argument(`epoch${i}`))]))),
    )
    .where('state', '=', 'running')
    .returning(['id', 'epoch', 'abort_requested']),
);
const standing = statement<Arguments, Row>((db, argument) =>
  db
    .selectFrom('steps')
    .select(['id', 'epoch', 'abort_requested'])
    .where(
      'id',
      'in',
      PLACES.map((i) => argument(`id${i}`)),
    )
    .where('state', '=', 'running'),
);

/** Keeps all these leases alive, in one transaction. A lease that is lost is told, and left as it is. */
export function renewLeases<T extends Held>(parts: EngineParts, leases: readonly T[]): Promise<Map<T, Standing>> {
  return parts.store.write((tx) => ask(renewed, tx, leases));
}

/** How it stands with these leases; cheap, without a lock. */
export function lookAtLeases<T extends Held>(parts: EngineParts, leases: readonly T[]): Promise<Map<T, Standing>> {
  return ask(standing, parts.store.read, leases);
}

async function ask<T extends Held>(
  query: (db: Reader, args: Arguments) => Promise<Row[]>,
  db: Reader,
  leases: readonly T[],
): Promise<Map<T, Standing>> {
  const found = new Map<T, Standing>();
  for (let from = 0; from < leases.length; from += PORTION) {
    const portion = leases.slice(from, from + PORTION);
    const rows = new Map((await query(db, argumentsOf(portion))).map((row) => [row.id, row]));
    for (const lease of portion) found.set(lease, standingOf(rows.get(lease.stepId), lease));
  }
  return found;
}

function standingOf(row: Row | undefined, { epoch }: Held): Standing {
  if (row === undefined || row.epoch !== epoch) return 'lost';
  return row.abort_requested === 1 ? 'ended' : 'held';
}

function argumentsOf(portion: readonly Held[]): Arguments {
  const args: Arguments = {};
  for (const i of PLACES) {
    const lease = portion[Math.min(i, portion.length - 1)];
    if (lease === undefined) continue;
    args[`id${i}`] = lease.stepId;
    args[`epoch${i}`] = lease.epoch;
  }
  return args;
}
