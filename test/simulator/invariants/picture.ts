import type Database from 'better-sqlite3';
import type { Traffic } from '../../../engine/rollout/traffic';
import type { Tables } from '../../../engine/store/tables';
import type { Act, Entry, Simulation } from '../simulation';
import { type Change, type Recorder, type Row, recordChanges, type Watched } from './recorder';

export type AuditRow = Omit<Tables['audit'], 'seq'> & { seq: number };
export type EventRow = Pick<Tables['events'], 'run_id' | 'app_id' | 'seq' | 'type' | 'data'> & { id: number };
export type EnvironmentRow = Row<'environments'>;

type ById<Name extends Watched> = ReadonlyMap<string, Row<Name>>;
const KEYS = {
  ...{
    apps: 'id',
    deliveries: 'id',
    hook_deliveries: 'id',
    runs: 'id',
    steps: 'id',
    effects: 'key',
    artifacts: 'digest',
  },
  ...{ releases: 'id', environments: 'id', instances: 'name', approvals: 'id', approval_votes: 'approval_id' },
  ...{ image_archives: 'image_id', terms: 'name', meta: 'key', audit: 'seq', events: 'id' },
} as const satisfies Record<Watched, string>;

/**
 * What a history has become, kept up to date by what each command changed: so that an invariant looks at a few rows
 * and not at all of them. Read once per command, whoever asks first.
 */
export interface Picture {
  readonly sim: Simulation;
  /** Rows that the last command changed, in order. */
  readonly changes: readonly Change[];
  changesOf<Name extends Watched>(table: Name): readonly Change<Name>[];
  /** Rows as they are now, by key. */
  rows<Name extends Exclude<Watched, 'approval_votes' | 'audit' | 'events'>>(table: Name): ById<Name>;
  /** Written by the last command. */
  readonly audit: readonly AuditRow[];
  readonly events: readonly EventRow[];
  readonly acts: readonly Act[];
  /** Commands of this history that were answered since the last look. */
  readonly answered: readonly Entry[];
  stepsOf(run: string): readonly Row<'steps'>[];
  votesOf(approval: string): readonly Row<'approval_votes'>[];
  /** Traffic by environment and version: what a gateway may follow. */
  trafficAt(environment: string, version: number): Traffic | undefined;
  environmentAt(host: string): EnvironmentRow | undefined;
  /** The step, and its run, as they were when this row of theirs changed. */
  atThatTime(change: Change): AtThatTime;
}

export interface AtThatTime {
  step: Row<'steps'> | undefined;
  run: Row<'runs'> | undefined;
}

class LivePicture implements Picture {
  changes: readonly Change[] = [];
  audit: readonly AuditRow[] = [];
  events: readonly EventRow[] = [];
  acts: readonly Act[] = [];
  answered: readonly Entry[] = [];
  /** Commands that had been played at the last look. */
  looked = -1;
  private readonly recorder: Recorder;
  private readonly tables = new Map<Watched, Map<string, Row<Watched>>>();
  private readonly byTable = new Map<Watched, Change[]>();
  private readonly steps = new Map<string, Map<string, Row<'steps'>>>();
  private readonly votes = new Map<string, Row<'approval_votes'>[]>();
  private readonly traffic = new Map<string, Traffic>();
  private readonly unanswered = new Set<Entry>();
  private readonly atThatTimes = new Map<Change, AtThatTime>();
  private readonly newAudit: Database.Statement<[number], AuditRow>;
  private readonly newEvents: Database.Statement<[number], EventRow>;
  private lastAudit = 0;
  private lastEvent = 0;
  private actsSeen = 0;
  private entriesSeen = 0;

  constructor(readonly sim: Simulation) {
    this.recorder = recordChanges(sim.db);
    const { audit, events } = statementsOf(sim.db);
    this.newAudit = audit;
    this.newEvents = events;
  }

  look(): this {
    const { sim } = this;
    this.looked = sim.journal.length;
    this.changes = this.recorder.take();
    this.byTable.clear();
    this.atThatTimes.clear();
    for (const change of this.changes) this.apply(change);
    this.audit = this.newAudit.all(this.lastAudit);
    this.lastAudit = this.audit.at(-1)?.seq ?? this.lastAudit;
    this.events = this.newEvents.all(this.lastEvent);
    this.lastEvent = this.events.at(-1)?.id ?? this.lastEvent;
    this.acts = sim.world.acts.slice(this.actsSeen);
    this.actsSeen = sim.world.acts.length;
    for (const entry of sim.journal.slice(this.entriesSeen)) this.unanswered.add(entry);
    this.entriesSeen = sim.journal.length;
    const answered = [...this.unanswered].filter(({ answer }) => answer.kind !== 'silent');
    for (const entry of answered) this.unanswered.delete(entry);
    this.answered = answered;
    return this;
  }

  changesOf<Name extends Watched>(table: Name): readonly Change<Name>[] {
    return (this.byTable.get(table) ?? []) as unknown as readonly Change<Name>[];
  }

  rows<Name extends Watched>(table: Name): ById<Name> {
    return this.tableOf(table) as unknown as ById<Name>;
  }

  stepsOf(run: string): readonly Row<'steps'>[] {
    return [...(this.steps.get(run)?.values() ?? [])];
  }

  votesOf(approval: string): readonly Row<'approval_votes'>[] {
    return this.votes.get(approval) ?? [];
  }

  trafficAt(environment: string, version: number): Traffic | undefined {
    return this.traffic.get(`${environment} ${version}`);
  }

  environmentAt(host: string): EnvironmentRow | undefined {
    for (const row of this.rows('environments').values()) if (row.host === host) return row;
    return undefined;
  }

  atThatTime(change: Change): AtThatTime {
    return this.atThatTimes.get(change) ?? { step: undefined, run: undefined };
  }

  private apply(change: Change): void {
    const { table, was, is } = change;
    if (OF_STEPS.includes(table)) this.atThatTimes.set(change, this.atThatTimeOf((is ?? was) as unknown as OfStep));
    const own = this.byTable.get(table) ?? [];
    own.push(change);
    this.byTable.set(table, own);
    const row = is ?? was;
    if (row === undefined) return;
    const key = String((row as unknown as Record<string, unknown>)[KEYS[table]]);
    if (is === undefined) this.forget(table, key, row);
    else this.tableOf(table).set(key, is);
    if (is !== undefined) this.index(table, is);
  }

  private forget(table: Watched, key: string, row: Row<Watched>): void {
    this.tableOf(table).delete(key);
    if (table !== 'approval_votes') return;
    const { approval_id, user } = row as Row<'approval_votes'>;
    const left = this.votesOf(approval_id).filter((vote) => vote.user !== user);
    this.votes.set(approval_id, left);
  }

  private index(table: Watched, row: Row<Watched>): void {
    if (table === 'steps') {
      const step = row as Row<'steps'>;
      const steps = this.steps.get(step.run_id) ?? new Map<string, Row<'steps'>>();
      this.steps.set(step.run_id, steps.set(step.id, step));
    }
    if (table === 'approval_votes') {
      const vote = row as Row<'approval_votes'>;
      this.votes.set(vote.approval_id, [...(this.votes.get(vote.approval_id) ?? []), vote]);
    }
    if (table === 'environments') {
      const { id, version, traffic } = row as EnvironmentRow;
      this.traffic.set(`${id} ${version}`, JSON.parse(traffic) as Traffic);
    }
  }

  private atThatTimeOf(row: OfStep): AtThatTime {
    const step = this.rows('steps').get(row.step_id ?? row.id);
    const run = this.rows('runs').get(row.run_id);
    return { step, run };
  }

  private tableOf(table: Watched): Map<string, Row<Watched>> {
    const rows = this.tables.get(table) ?? new Map<string, Row<Watched>>();
    this.tables.set(table, rows);
    return rows;
  }
}

/** Tables whose rows belong to a step. */
const OF_STEPS: readonly Watched[] = ['steps', 'effects', 'approvals'];

interface OfStep {
  id: string;
  step_id?: string;
  run_id: string;
}

interface Statements {
  audit: Database.Statement<[number], AuditRow>;
  events: Database.Statement<[number], EventRow>;
}

/** The handle stays the same over many histories. */
const prepared = new WeakMap<Database.Database, Statements>();

function statementsOf(db: Database.Database): Statements {
  const known = prepared.get(db) ?? {
    audit: db.prepare<[number], AuditRow>('select * from audit where seq > ? order by seq'),
    events: db.prepare<[number], EventRow>(
      'select id, run_id, app_id, seq, type, data from events where id > ? order by id',
    ),
  };
  prepared.set(db, known);
  return known;
}

let picture: LivePicture | undefined;

/** The picture after the command that was just played; first asked for when a history begins. */
export function pictureOf(sim: Simulation): Picture {
  if (picture === undefined || picture.sim !== sim) picture = new LivePicture(sim);
  return picture.looked === sim.journal.length ? picture : picture.look();
}
