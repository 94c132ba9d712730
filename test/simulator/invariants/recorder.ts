import type Database from 'better-sqlite3';
import type { Tables } from '../../../engine/store/tables';

/** The columns that are looked at. */
const COLUMNS = {
  apps: ['id', 'name'],
  deliveries: ['id', 'app_id', 'ref', 'before', 'after', 'outcome', 'reason', 'run_id'],
  hook_deliveries: ['id', 'app_id', 'delivery_id', 'outcome', 'reason', 'run_id'],
  runs: [
    ...(['id', 'app_id', 'number', 'trigger', 'commit', 'state', 'ends_as', 'reason', 'release_id'] as const),
    ...(['pipeline_hash', 'holds_rollout', 'priority', 'undoes_run', 'superseded_by'] as const),
  ],
  steps: [
    ...(['id', 'run_id', 'app_id', 'position', 'name', 'kind', 'stage', 'role', 'verb', 'undoes', 'needs'] as const),
    ...(['spec', 'state', 'epoch', 'owner', 'lease_until', 'not_before', 'ended_at'] as const),
  ],
  effects: ['key', 'run_id', 'step_id', 'verb', 'target', 'epoch', 'state', 'observation'],
  artifacts: ['digest', 'app_id', 'run_id', 'kind', 'size', 'provenance'],
  releases: ['id', 'app_id', 'run_id', 'number', 'hash', 'record', 'state'],
  environments: [
    ...(['id', 'app_id', 'name', 'role', 'host', 'slot', 'traffic', 'version', 'confirmed_version'] as const),
    'warm_until',
  ],
  instances: ['name', 'app_id', 'environment_id', 'release_id', 'lane', 'ordinal', 'state', 'container'],
  approvals: [
    'id',
    'run_id',
    'step_id',
    'release_hash',
    'pipeline_hash',
    'count',
    'state',
    'requested_at',
    'expires_at',
    ...(['role', 'bound', 'bound_hash', 'round', 'consumed_by'] as const),
  ],
  approval_votes: ['approval_id', 'user', 'vote', 'at', 'broke_glass'],
  image_archives: ['image_id', 'app_id', 'state', 'archive'],
  terms: ['name', 'holder', 'epoch', 'until'],
  meta: ['key', 'value'],
  audit: ['seq'],
  events: ['id'],
} as const satisfies { readonly [Name in keyof Tables]?: readonly (keyof Tables[Name])[] };

export type Watched = keyof typeof COLUMNS;
/** A row of a watched table, as far as it is looked at. */
export type Row<Name extends Watched> = Pick<Tables[Name], (typeof COLUMNS)[Name][number] & keyof Tables[Name]>;
const TABLES = Object.keys(COLUMNS) as Watched[];

/**
 * Every change of a row, in the order in which it was committed: temporary triggers write it down inside the transaction
 * that makes it, so that a change which is rolled back was never there, and two changes of one row are both seen.
 */
export interface Change<Name extends Watched = Watched> {
  table: Name;
  /** Undefined for an insert. */
  was: Row<Name> | undefined;
  /** Undefined for a delete. */
  is: Row<Name> | undefined;
  /** When, by the database's clock, ms. */
  at: number;
}

/** Columns whose change alone is no news: they change all the time. */
const QUIET: Partial<Record<Watched, readonly string[]>> = { steps: ['lease_until', 'not_before'], terms: ['until'] };

/** Written once and never again: an insert of these is read by its number, later. */
const READ_LATER: readonly Watched[] = ['audit', 'events'];

/** Rows of these are only ever removed on purpose. */
const KEPT: readonly Watched[] = ['audit', 'releases', 'artifacts', 'image_archives', 'meta', 'approval_votes'];

export interface Recorder {
  /** What changed since it was asked last; at first: every row that there is. */
  take(): Change[];
}

interface Statements {
  read: Database.Statement<[], [string, string | null, string | null, number]>;
  forget: Database.Statement;
  scans: readonly { table: Watched; rows: Database.Statement<[], Row<Watched>> }[];
}

/** Prepared once per database: the handle stays the same over many histories. */
const prepared = new WeakMap<Database.Database, Statements>();

/** Begins to write down changes, from the rows on that are there now. */
export function recordChanges(db: Database.Database): Recorder {
  const { read, forget, scans } = prepared.get(db) ?? install(db);
  forget.run();
  let first = true;
  return {
    take: () => {
      if (first) {
        first = false;
        return scans.flatMap(({ table, rows }) => rows.all().map((is) => ({ table, was: undefined, is, at: 0 })));
      }
      const rows = read.all();
      if (rows.length > 0) forget.run();
      return rows.map(([table, was, is, at]) => ({
        table: table as Watched,
        was: rowOf(table as Watched, was),
        is: rowOf(table as Watched, is),
        at,
      }));
    },
  };
}

function rowOf(table: Watched, text: string | null): Row<Watched> | undefined {
  if (text === null) return undefined;
  const values = JSON.parse(text) as unknown[];
  const row: Record<string, unknown> = {};
  for (const [index, column] of COLUMNS[table].entries()) row[column] = values[index];
  return row as unknown as Row<Watched>;
}

function install(db: Database.Database): Statements {
  db.exec('create temp table changes (n integer primary key, "table" text, was text, "is" text, at integer)');
  for (const table of TABLES) db.exec(triggersOf(table));
  const scanned = TABLES.filter((table) => !READ_LATER.includes(table));
  const statements = {
    read: db
      .prepare<[], [string, string | null, string | null, number]>(
        'select "table", was, "is", at from temp.changes order by n',
      )
      .raw(),
    forget: db.prepare('delete from temp.changes'),
    scans: scanned.map((table) => ({
      table,
      rows: db.prepare<[], Row<Watched>>(`select ${COLUMNS[table].map((c) => `"${c}"`).join()} from main.${table}`),
    })),
  };
  prepared.set(db, statements);
  return statements;
}

function triggersOf(table: Watched): string {
  const columns: readonly string[] = COLUMNS[table];
  const loud = columns.filter((column) => QUIET[table]?.includes(column) !== true);
  const row = (age: 'old' | 'new') => `json_array(${columns.map((column) => `${age}."${column}"`).join()})`;
  const note = (was: string, is: string) =>
    `insert into changes ("table", was, "is", at) values ('${table}', ${was}, ${is}, database_now());`;
  const isOther = loud.map((column) => `old."${column}" is not new."${column}"`).join(' or ');
  const when = READ_LATER.includes(table) ? '' : `when ${isOther}`;
  const inserted = READ_LATER.includes(table)
    ? ''
    : `create temp trigger changes_${table}_i after insert on main.${table} begin ${note('null', row('new'))} end;`;
  const deleted = KEPT.includes(table)
    ? `create temp trigger changes_${table}_d after delete on main.${table} begin ${note(row('old'), 'null')} end;`
    : '';
  return `${inserted}
    create temp trigger changes_${table}_u after update on main.${table} ${when} begin ${note(row('old'), row('new'))} end;
    ${deleted}`;
}
