import { createHash } from 'node:crypto';
import type { Invariant } from '../simulation';
import { detailOf, runName } from './facts';
import type { AuditRow, Picture } from './picture';
import type { Change } from './recorder';
import { always, firstOf, remembering } from './support';

/** What an entry tells of: the things that its transaction changed. */
function* toldBy(entry: AuditRow): Generator<string> {
  const { action, object } = entry;
  const told = detailOf(entry);
  const [run = ''] = object.split('/');
  if (action === 'traffic.change') yield `traffic ${object} ${String(told.version)}`;
  if (action === 'environment.create') yield `environment ${object}`;
  if (action === 'release.seal' || action === 'release.withdraw') yield action;
  if (action.startsWith('approval.')) yield `approval ${object} ${String(told.state)}`;
  if (action === 'delivery.accept') yield `delivery ${object}`;
  if (!Array.isArray(told.steps) || !action.startsWith('run.') || !isRun(told.run)) return;
  yield `run ${run} ${told.run.state}`;
  for (const { name, state } of told.steps as { name: string; state: string }[]) yield `step ${run}/${name} ${state}`;
}

const isRun = (run: unknown): run is { state: string } => typeof run === 'object' && run !== null && 'state' in run;

/** What a changed row wants to be told as; undefined for what is no change of state. */
function wantedBy(p: Picture, change: Change): string | undefined {
  const { table, was, is } = change;
  if (is === undefined) return undefined;
  const old = was as Record<string, unknown> | undefined;
  const row = is as unknown as Record<string, unknown>;
  const app = p.rows('apps').get(String(row.app_id))?.name;
  if (old === undefined) {
    if (table === 'environments') return `environment ${app}/${String(row.name)}`;
    if (table === 'releases') return 'release.seal';
    return table === 'deliveries' ? `delivery ${app} ${String(row.ref)}` : undefined;
  }
  if (table === 'environments') {
    return old.traffic === row.traffic ? undefined : `traffic ${app}/${String(row.name)} ${String(row.version)}`;
  }
  if (old.state === row.state) return undefined;
  if (table === 'releases') return 'release.withdraw';
  const run = p.rows('runs').get(String(table === 'runs' ? row.id : row.run_id));
  const name = run === undefined ? '' : runName(p, run);
  if (table === 'runs') return `run ${name} ${String(row.state)}`;
  if (table === 'steps') return `step ${name}/${String(row.name)} ${String(row.state)}`;
  if (table !== 'approvals' || row.state === 'voided') return undefined; // voided: told by the end of its run
  return `approval ${name}/${p.rows('steps').get(String(row.step_id))?.name} ${String(row.state)}`;
}

/**
 * Processes are killed and stopped between their commits: an entry of another transaction would be missing after one of
 * these commands.
 */
const recorded: Invariant = always('L1', 'each change of state has its audit entry, in its own transaction', (p) => {
  const told = new Map<string, number>();
  for (const entry of p.audit) for (const what of toldBy(entry)) told.set(what, (told.get(what) ?? 0) + 1);
  return firstOf(p.changes, (change) => {
    const wanted = wantedBy(p, change);
    if (wanted === undefined) return undefined;
    const left = (told.get(wanted) ?? 0) - 1;
    told.set(wanted, left);
    return left < 0 && p.sim.journal.length > 1 ? `nothing in the audit log tells: ${wanted}` : undefined;
  });
});

const chained: Invariant = remembering(
  'L2',
  'audit numbers have no gaps, and each chain verifies',
  () => ({ seq: 0, heads: new Map<string, string>() }),
  (p, memory) =>
    firstOf(p.audit, (entry) => {
      const { seq, chain, prev_hash, hash } = entry;
      if (memory.seq !== 0 && seq !== memory.seq + 1) return `audit entry ${seq} follows ${memory.seq}`;
      memory.seq = seq;
      if ((memory.heads.get(chain) ?? '') !== prev_hash) return `audit entry ${seq} does not continue chain ${chain}`;
      memory.heads.set(chain, hash);
      return hashOf(entry) === hash ? undefined : `audit entry ${seq} has another hash than its content`;
    }),
);

/** Written anew here: whoever verifies must not trust the code that wrote. */
function hashOf({ prev_hash, chain, at, actor, action, object, detail }: AuditRow): string {
  const text = JSON.stringify([prev_hash, chain, at, actor, action, object, detail]);
  return createHash('sha256').update(text).digest('hex');
}

const appendOnly: Invariant = always('L3', 'no audit entry is ever changed or removed', (p) =>
  firstOf(p.changesOf('audit'), ({ was, is }) =>
    was === undefined ? undefined : `audit entry ${was.seq} was ${is === undefined ? 'removed' : 'changed'}`,
  ),
);

const ACTOR = /^(user|runner|rule|forge|web|api):.+/;

const named: Invariant = always('L4', 'every audit entry names who did it', (p) =>
  firstOf(p.audit, ({ seq, actor, action, object }) => {
    if (!ACTOR.test(actor)) return `audit entry ${seq} (${action}) names "${actor}" as who did it`;
    return object === '' ? `audit entry ${seq} (${action}) names nothing that it was done to` : undefined;
  }),
);

export const audit: readonly Invariant[] = [recorded, chained, appendOnly, named];
