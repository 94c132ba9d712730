import type { Engine } from '../../../engine/engine';
import { assertNever } from '../../../engine/model/errors';
import { sha256 } from '../../../engine/model/hash';
import type { HookId } from '../../../engine/model/ids';
import type { Plan } from '../../../pipelines/types';
import type { History } from '../history';
import { changePerson } from '../world/people';
import type { SimulatedSources } from '../world/sources';
import type { Deed } from './command';

type Of<Name extends Deed['do']> = Extract<Deed, { do: Name }>;

/** What people and forges ask web for. @returns its answer */
export function deed(history: History, command: Deed): Promise<unknown> {
  switch (command.do) {
    case 'push':
      return push(history, command);
    case 'hook':
      return hook(history, command);
    case 'follow':
      return follow(history);
    case 'vote':
      return vote(history, command);
    case 'withdraw':
      return history.engine.approvals.withdraw({ app: command.app, user: command.user, reason: '' });
    case 'review':
      return review(history, command);
    case 'person':
      return changePerson(history.db, command);
    case 'freeze':
      return freeze(history, command);
    case 'replan':
      return replan(history, command);
    case 'cancel':
      return cancel(history, command);
    case 'rollback':
      return rollback(history, command);
    case 'undo':
      return undo(history, command);
    case 'share':
      return share(history, command);
    case 'release':
      return release(history, command);
    case 'restore':
      return restore(history, command);
    default:
      return assertNever(command);
  }
}

const MAIN = 'refs/heads/main';
const NO_COMMIT = '0'.repeat(40);

/** Main moves, and web is told so: several times, or late and out of order. */
async function push({ engine, outside }: History, command: Of<'push'>): Promise<unknown> {
  const { app, copies } = command;
  const said = { app, source: 'git-push', ref: MAIN, ...moveOf(outside.sources, command), pusher: 'user:ada' };
  const answers: Awaited<ReturnType<Engine['deliveries']['accept']>>[] = [];
  for (let i = 0; i < copies; i++) answers.push(await engine.deliveries.accept(said, 'user:ada'));
  return answers.flat();
}

function moveOf(sources: SimulatedSources, { app, pipeline, move }: Of<'push'>): { before: string; after: string } {
  const before = sources.mains.get(app) ?? NO_COMMIT;
  const older = sources.commitsOf(app);
  switch (move) {
    case 'on':
      return { before, after: sources.commitTo(app, pipeline) };
    case 'late':
      return { before: older.at(-3) ?? NO_COMMIT, after: older.at(-2) ?? sources.commitTo(app, pipeline) };
    case 'back':
      return { before, after: sources.moveTo(app, older.at(-2) ?? sources.commitTo(app, pipeline)) };
    case 'delete':
      return { before, after: sources.moveTo(app, NO_COMMIT) };
  }
}

/** The forge has a new commit and says so: one delivery, several times. */
async function hook({ engine, outside }: History, command: Of<'hook'>): Promise<unknown> {
  const { app, delivery, copies } = command;
  const { id } = await engine.apps.find(app);
  const after = outside.sources.commitTo(app, 'short');
  const stored: unknown[] = [];
  for (let i = 0; i < copies; i++) {
    const deliveryId = `delivery-${delivery}`;
    const move = { ref: MAIN, after };
    stored.push(
      await engine.hooks.receive({ appId: id, forge: 'github', deliveryId, event: 'push', move, ignored: '' }),
    );
  }
  return stored;
}

/** Fetches what the hooks of each app announced, and settles them. */
async function follow({ engine, outside }: History): Promise<unknown> {
  const runs: (number | null)[] = [];
  for (const app of await engine.hooks.appsDue()) {
    const due = await engine.hooks.due(app.id);
    const head = outside.sources.mains.get(app.name) ?? NO_COMMIT;
    const hooks: HookId[] = due.map(({ id }) => id);
    if (head === NO_COMMIT) {
      await engine.hooks.end(hooks, 'ignored', `${MAIN} is gone`);
      continue;
    }
    const since = (await engine.deliveries.heads(app.id)).get(MAIN) ?? NO_COMMIT;
    runs.push(await engine.hooks.settle({ app, forge: 'github', ref: MAIN, head, since, unchanged: [], hooks }));
  }
  return runs;
}

async function vote({ engine, db }: History, command: Of<'vote'>): Promise<unknown> {
  const { app, user, vote, shown: age, as } = command;
  const gates = db
    .prepare<[string], { hash: string; run: number; state: string }>(
      `select bound_hash as hash, runs.number as run, approvals.state from approvals join runs on runs.id = run_id
       join apps on apps.id = approvals.app_id where apps.name = ? order by requested_at`,
    )
    .all(app);
  const gate = gates.find(({ state }) => state === 'requested');
  const shown = age === 'now' ? gate?.hash : (gates[0]?.hash ?? 'none');
  return engine.approvals.decide({
    ...{ app, user, vote, reason: as === 'emergency' ? 'payments fail' : '' },
    ...(gate === undefined ? {} : { run: gate.run }),
    ...(shown === undefined ? {} : { shown }),
    byToken: as === 'token',
    breaksGlass: as === 'emergency',
  });
}

function review({ engine, db }: History, { app, user }: Of<'review'>): Promise<unknown> {
  const broken = db
    .prepare<[string], { run: number }>(
      `select runs.number as run from glass_breaks join runs on runs.id = run_id join apps on apps.id = runs.app_id
       where apps.name = ? and reviewed_at is null order by broken_at`,
    )
    .get(app);
  const said = { verdict: 'right', note: 'it was looked at' } as const;
  return engine.approvals.review({ app, run: broken?.run ?? 0, user, ...said });
}

const FREEZE_MS = 3_600_000;

async function freeze({ engine, clock }: History, { app, how }: Of<'freeze'>): Promise<unknown> {
  if (how === 'end') return engine.freezes.end({ app }, 'user:grace');
  return engine.freezes.begin({ app, until: clock.now() + FREEZE_MS, reason: 'quarterly close' }, 'user:grace');
}

/** No verb does this; whoever reaches the records does. */
async function replan({ db }: History, { app }: Of<'replan'>): Promise<unknown> {
  const run = db
    .prepare<[string], { id: string; plan: string }>(
      `select runs.id, runs.plan from runs join approvals on run_id = runs.id join apps on apps.id = runs.app_id
       where apps.name = ? and approvals.state in ('requested', 'granted') order by runs.number desc`,
    )
    .get(app);
  if (run === undefined) return undefined;
  const plan = JSON.parse(run.plan) as Plan;
  for (const { gray } of plan.stages) if (gray !== null) gray.share += 1;
  return db.prepare('update runs set plan = ? where id = ?').run(JSON.stringify(plan), run.id);
}

async function cancel(history: History, { app, nth }: Of<'cancel'>): Promise<unknown> {
  const run = nthRun(history, app, nth, `state not in ('succeeded', 'failed', 'cancelled', 'superseded', 'ignored')`);
  return history.engine.runs.cancel({ app, run, reason: '' }, 'user:grace');
}

const rollback = ({ engine }: History, { app, to }: Of<'rollback'>): Promise<unknown> =>
  engine.runs.rollback({ app, reason: '', ...(to === undefined ? {} : { to }) }, 'user:grace');

/** Looks at the preview, and takes back just that. */
async function undo(history: History, { app, nth, from, step }: Of<'undo'>): Promise<unknown> {
  const { engine, db } = history;
  const run = nthRun(history, app, nth, `state in ('succeeded', 'failed', 'cancelled') and undoes_run is null`);
  const names = db
    .prepare<[string, number], { name: string }>(
      `select steps.name from steps join runs on runs.id = run_id join apps on apps.id = runs.app_id
       where apps.name = ? and runs.number = ? and verb = 'run' order by position desc`,
    )
    .all(app, run);
  const name = names[step % Math.max(1, names.length)]?.name ?? 'plan';
  const asked = from ? { app, run, before: name } : { app, run, step: name };
  const { hash } = await engine.runs.previewUndo(asked);
  return engine.runs.undo({ ...asked, previewHash: hash, reason: '' }, 'user:grace');
}

/** An image that was built elsewhere; its pipeline is the one on main. */
function release({ engine, outside }: History, { app }: Of<'release'>): Promise<unknown> {
  const given = {
    kind: 'image',
    ref: `registry.test/${app}@sha256:${sha256(String(outside.record.acts.length))}`,
  } as const;
  return engine.releases.create({ app, given }, 'user:grace');
}

const share = ({ engine }: History, { app, share }: Of<'share'>): Promise<unknown> =>
  engine.runs.setGrayShare({ app, share }, 'user:grace');

/** The records come back from a backup: nothing acts until somebody has compared them with the world. */
async function restore({ engine, outside }: History, { how }: Of<'restore'>): Promise<unknown> {
  if (how === 'hold') {
    const since = engine.parts.clock.now();
    return engine.holds.begin('restore', { reason: 'the records came back', since, forMs: null });
  }
  const followed = new Map<never, number>();
  for (const environment of await engine.environments.list()) {
    const route = outside.gateway.routes.get(environment.host);
    if (route !== undefined) followed.set(environment.id as never, route.version);
  }
  return engine.holds.confirmRestore('user:ada', followed);
}

function nthRun({ db }: History, app: string, nth: number, which: string): number {
  const runs = db
    .prepare<[string], { number: number }>(
      `select number from runs join apps on apps.id = app_id where apps.name = ? and ${which} order by number desc`,
    )
    .all(app);
  return runs[nth % Math.max(1, runs.length)]?.number ?? 0;
}
