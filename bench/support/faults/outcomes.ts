import { join } from 'node:path';
import Database from 'better-sqlite3';
import { isFinalRun, type RunState } from '../../../engine/model/states';
import type { Accepted } from './accepted';

/** The records themselves, read beside everybody else. */
export class Records {
  private readonly database;

  constructor(home: string) {
    this.database = new Database(join(home, 'gantry.db'), { readonly: true, fileMustExist: true });
  }

  close(): void {
    this.database.close();
  }

  /** Runs and webhooks that have not come to an end; those of runs that wait for people are named apart. */
  open(): { runs: number; waiting: number; hooks: number } {
    const states = this.rows<{ state: RunState; n: number }>('select state, count(*) as n from runs group by state');
    const count = (wanted: (state: RunState) => boolean): number =>
      states.filter(({ state }) => wanted(state)).reduce((sum, { n }) => sum + n, 0);
    const [hooks] = this.rows<{ n: number }>("select count(*) as n from hook_deliveries where outcome = 'pending'");
    return {
      runs: count((state) => !isFinalRun(state) && state !== 'waiting'),
      waiting: count((state) => state === 'waiting'),
      hooks: hooks?.n ?? 0,
    };
  }

  /** A sentence for each accepted thing that has no outcome, or more than one. */
  lost(accepted: Accepted): string[] {
    return [...this.lostPushes(accepted), ...this.lostHooks(accepted), ...this.lostCalls(accepted)];
  }

  /** A sentence for each commit of a ref for which two runs were made. */
  twice(): string[] {
    return this.rows<{ app: string; ref: string; n: number }>(
      `select apps.name as app, ref, count(*) as n from runs join apps on apps.id = runs.app_id
       where "trigger" = 'push' group by app_id, ref, "commit" having n > 1`,
    ).map(({ app, ref, n }) => `${n} runs were made of one push to ${app} ${ref}`);
  }

  /** Names of instances that should stand now. */
  instances(): string[] {
    return this.rows<{ name: string }>("select name from instances where state != 'gone'").map(({ name }) => name);
  }

  /** Who holds which control loop now. */
  terms(): { name: string; holder: string }[] {
    return this.rows('select name, holder from terms');
  }

  /** The states that a step went through, as those who follow were told. */
  stepStates(step: string): string[] {
    return this.rows<{ data: string }>("select data from events where type = 'step' order by id")
      .map(({ data }) => JSON.parse(data) as { step: string; state: string })
      .filter((told) => told.step === step)
      .map(({ state }) => state);
  }

  /** @param sql gives one number, as `n` */
  count(sql: string): number {
    return this.rows<{ n: number }>(sql)[0]?.n ?? 0;
  }

  /** A sentence for each effect of which nobody knows what became of it. */
  unsettledEffects(): string[] {
    return this.rows<{ target: string; state: string }>(
      "select target, state from effects where state in ('intended', 'unknown')",
    ).map(({ target, state }) => `the effect ${target} is ${state}`);
  }

  integrity(): string {
    return String(this.database.pragma('integrity_check', { simple: true }));
  }

  private lostPushes({ pushes }: Accepted): string[] {
    const found = this.rows<{ app: string; ref: string; after: string; state: RunState | null; outcome: string }>(
      `select apps.name as app, d.ref, d.after, d.outcome, runs.state from deliveries d
       join apps on apps.id = d.app_id left join runs on runs.id = d.run_id`,
    );
    const byKey = grouped(found, ({ app, ref, after }) => `${app} ${ref} ${after}`);
    return pushes.flatMap(({ app, ref, commit }) => {
      const of = byKey.get(`${app} ${ref} ${commit}`) ?? [];
      const ended = of.every(({ outcome, state }) => outcome === 'ignored' || (state !== null && isFinalRun(state)));
      return of.length === 1 && ended ? [] : [`push of ${commit.slice(0, 8)} to ${app} ${ref}: ${JSON.stringify(of)}`];
    });
  }

  private lostHooks({ hooks }: Accepted): string[] {
    const found = this.rows<{ app: string; delivery: string; outcome: string; state: RunState | null }>(
      `select apps.name as app, h.delivery_id as delivery, h.outcome, runs.state from hook_deliveries h
       join apps on apps.id = h.app_id left join runs on runs.id = h.run_id`,
    );
    const byKey = grouped(found, ({ app, delivery }) => `${app} ${delivery}`);
    return hooks.flatMap(({ app, delivery }) => {
      const of = byKey.get(`${app} ${delivery}`) ?? [];
      const ended = of.every(({ outcome, state }) => ENDED.includes(outcome) && (state === null || isFinalRun(state)));
      return of.length === 1 && ended ? [] : [`webhook ${delivery} of ${app}: ${JSON.stringify(of)}`];
    });
  }

  private lostCalls({ apps, runs }: Accepted): string[] {
    const names = grouped(this.rows<{ name: string }>('select name from apps'), ({ name }) => name);
    const found = this.rows<{ app: string; number: number; state: RunState; votes: number }>(
      `select apps.name as app, runs.number, runs.state,
         (select count(*) from approvals a join approval_votes v on v.approval_id = a.id where a.run_id = runs.id) as votes
       from runs join apps on apps.id = runs.app_id`,
    );
    const byRun = grouped(found, ({ app, number }) => `${app}#${number}`);
    const lost = runs.flatMap(({ app, number, by }) => {
      const [run] = byRun.get(`${app}#${number}`) ?? [];
      const done = run !== undefined && isFinalRun(run.state) && (by !== 'approve' || run.votes === 1);
      return done ? [] : [`${by} of ${app}#${number}: ${JSON.stringify(run)}`];
    });
    return [
      ...apps.filter((name) => names.get(name)?.length !== 1).map((name) => `app ${name}: not there once`),
      ...lost,
    ];
  }

  private rows<T>(sql: string): T[] {
    return this.database.prepare(sql).all() as T[];
  }
}

/** A webhook has come to one of these when it needs nothing more. */
const ENDED: readonly string[] = ['run', 'known', 'ignored'];

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
