import type Database from 'better-sqlite3';

/** What waits now. */
export interface Open {
  /** Steps that a runner can take. */
  steps: number;
  /** Steps that somebody carries out, or died with. */
  running: number;
  gates: number;
  /** The apps of the gates. */
  gatesOf: string[];
}

interface Looks {
  steps: Database.Statement<[number], { ready: number | null; running: number | null }>;
  gates: Database.Statement<[], { app: string }>;
  tables: Database.Statement[];
}

const prepared = new WeakMap<Database.Database, Looks>();

export function openOf(db: Database.Database, now: number): Open {
  const looks = looksAt(db);
  const steps = looks.steps.get(now);
  const gates = looks.gates.all();
  return {
    steps: steps?.ready ?? 0,
    running: steps?.running ?? 0,
    gates: gates.length,
    gatesOf: gates.map(({ app }) => app),
  };
}

/** Every row there is. */
export const everything = (db: Database.Database): unknown => looksAt(db).tables.map((table) => table.all());

function looksAt(db: Database.Database): Looks {
  const known = prepared.get(db);
  if (known !== undefined) return known;
  const names = db
    .prepare<[], { name: string }>(`select name from sqlite_master where type = 'table' order by name`)
    .all();
  const looks: Looks = {
    steps: db.prepare(`select sum(state = 'ready' and not_before <= ?) as ready, sum(state = 'running') as running
      from steps where state in ('ready', 'running')`),
    gates: db.prepare(`select apps.name as app from approvals join apps on apps.id = app_id where state = 'requested'`),
    tables: names.map(({ name }) => db.prepare(`select * from "${name}"`)),
  };
  prepared.set(db, looks);
  return looks;
}
