import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Told } from './bodies';

/** What became of the webhooks, by the records themselves. */
export interface Outcomes {
  /** Accepted, and no record has it. */
  lost: string[];
  /** Accepted, and there is no run of its app, branch and commit. */
  withoutRun: string[];
  /** Runs of pushes that were made twice of one commit of a branch. */
  twice: number;
}

/** How many are answered, but not followed yet; and runs that have not ended. */
export function openIn(home: string): { hooks: number; runs: number } {
  return withRecords(home, (database) => {
    const count = (text: string) => (database.prepare(text).get() as { n: number }).n;
    return {
      hooks: count("select count(*) as n from hook_deliveries where outcome = 'pending'"),
      runs: count('select count(*) as n from runs where ended_at is null'),
    };
  });
}

export function outcomesIn(home: string, accepted: readonly Told[]): Outcomes {
  return withRecords(home, (database) => {
    const hooks = new Map<string, { ref: string; commit: string | null }>();
    const rows = database
      .prepare(
        `select h.delivery_id as delivery, h.ref, runs."commit" as "commit" from hook_deliveries h
         left join runs on runs.id = h.run_id and runs.app_id = h.app_id and runs.ref = h.ref`,
      )
      .all() as { delivery: string; ref: string; commit: string | null }[];
    for (const { delivery, ref, commit } of rows) hooks.set(delivery, { ref, commit });
    const twice = database
      .prepare('select count(*) as n from (select 1 from runs group by app_id, ref, "commit" having count(*) > 1)')
      .get() as { n: number };
    return {
      lost: accepted.filter(({ delivery }) => !hooks.has(delivery)).map(({ delivery }) => delivery),
      withoutRun: accepted
        .filter(({ delivery, commit }) => hooks.get(delivery)?.commit !== commit)
        .map(({ delivery }) => delivery),
      twice: twice.n,
    };
  });
}

function withRecords<T>(home: string, read: (database: Database.Database) => T): T {
  const database = new Database(join(home, 'gantry.db'), { readonly: true, fileMustExist: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}
