import type { Bound } from '../../engine/approvals/bound';
import { isFinalRun, RUN_STATES } from '../../engine/model/states';
import { mayRestart } from '../../engine/runs/restartable';
import type { RunShown } from '../../engine/runs/show';
import { formatDuration, formatShare } from '../../pipelines/units';
import { decideAs } from '../api/approvals';
import { numberParam } from '../api/body';
import { CHART_POINTS } from '../limits';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, query, type Route } from '../route';
import { chartsOf } from './charts';
import { failureView } from './failure';
import { logViewOf } from './log-view';
import { seeOther } from './login';
import { render } from './render';
import { chosenStep, stepRows } from './step-rows';

export const runPageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/apps/:app/runs/:number',
    permission: 'page',
    may: 'read',
    handle: async (parts, ctx) => {
      ctx.body = await renderRun(parts, ctx);
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/runs/:number/decide',
    permission: 'page',
    may: 'approve',
    handle: decide,
  },
  {
    method: 'POST',
    path: '/apps/:app/runs/:number/cancel',
    permission: 'page',
    may: 'run',
    handle: async (parts, ctx) => {
      const wanted = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), reason: reasonOf(ctx) };
      await parts.engine.runs.cancel(wanted, actorOf(ctx));
      seeOther(ctx, `/apps/${wanted.app}/runs/${wanted.run}`);
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/runs/:number/restart',
    permission: 'page',
    may: 'run',
    handle: async (parts, ctx) => {
      const wanted = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), reason: reasonOf(ctx) };
      const { run } = await parts.engine.runs.restart(wanted, actorOf(ctx));
      seeOther(ctx, `/apps/${wanted.app}/runs/${run}`);
    },
  },
];

/** The page; without the log when the script that keeps it up to date says that it has it (`shown`). */
async function renderRun(parts: WebParts, ctx: Context): Promise<string> {
  const after = await parts.engine.events.newest();
  const run = await parts.runs.show(param(ctx, 'app'), numberParam(ctx, 'number'));
  const address = `/apps/${run.app}/runs/${run.number}`;
  const step = chosenStep(run, query(ctx, 'step'));
  const now = parts.engine.parts.clock.now();
  const final = isFinalRun(run.state);
  const hasLog = step === undefined || query(ctx, 'shown') === step.name;
  const wasGray = run.steps.some(({ kind, startedAt }) => kind === 'share' && startedAt !== null);
  const traffic = wasGray ? await parts.engine.traffic.show(run.app, run.number, CHART_POINTS) : undefined;
  const data = {
    run: {
      ...run,
      address,
      final,
      sentence: RUN_STATES[run.state],
      undoing: run.state === 'undoing',
      mayRestart: mayRestart(run),
      values: Object.entries(run.parameters).map(([name, value]) => ({ name, value })),
    },
    steps: stepRows(run, step, address, now),
    gate: gateOf(run),
    solo: await parts.engine.users.isSolo(),
    glass: await parts.engine.approvals.glass({ run: run.id }),
    failure: failureView(run, address),
    charts: chartsOf(traffic),
    votes: run.approvals.flatMap((a) => a.votes.map((vote) => ({ ...vote, step: a.step, yes: vote.vote === 'yes' }))),
    log: hasLog ? null : await logViewOf(parts, run, step, { line: lineOf(ctx), after }),
    live: final ? '' : `/api/v1${address}/live`,
    now,
  };
  return render(parts, ctx, 'run', { title: `${run.app} run ${run.number}`, events: '' }, data);
}

/** The line that a link names; undefined when it names none. */
function lineOf(ctx: Context): number | undefined {
  const text = query(ctx, 'line') ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** The form carries the hash of all that its page showed: what has changed since is refused. */
async function decide(parts: WebParts, ctx: Context): Promise<void> {
  const { app, row } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
  const form = ctx.state.form ?? new URLSearchParams();
  const said = form.get('vote') ?? '';
  const vote = {
    app: app.name,
    run: row.number,
    step: form.get('step') ?? '',
    vote: said === 'yes' || said === BREAK_GLASS ? ('yes' as const) : ('no' as const),
    reason: reasonOf(ctx),
    shown: form.get('boundHash') ?? '',
  };
  await decideAs(parts, ctx, vote, said === BREAK_GLASS);
  seeOther(ctx, `/apps/${app.name}/runs/${row.number}`);
}

/** What the button of the emergency says. */
const BREAK_GLASS = 'break-glass';

const reasonOf = (ctx: Context): string => (ctx.state.form?.get('reason') ?? '').slice(0, 500);

function gateOf(run: RunShown) {
  const gate = run.approvals.find((a) => a.state === 'requested');
  if (gate === undefined) return null;
  const yes = gate.votes.filter((v) => v.vote === 'yes').length;
  const { bound } = gate;
  const stages = Object.entries(bound?.configuration ?? {}).map(([stage, digest]) => ({ stage, digest }));
  const gray = bound === null || bound.gray === null ? null : graySentence(bound.gray);
  return { ...gate, missing: gate.count - yes, release: run.release, stages, gray };
}

/** What visitors are to meet, in a few words. */
function graySentence({ share, rules, observe }: NonNullable<Bound['gray']>): string {
  const watched = observe === null ? 'not watched' : `watched for ${formatDuration(observe.for)}`;
  const more = rules.length === 0 ? '' : `, and ${rules.length === 1 ? 'one rule' : `${rules.length} rules`}`;
  return `${formatShare(share)} of the traffic${more}, ${watched}`;
}
