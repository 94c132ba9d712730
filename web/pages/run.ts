import { isFinalRun, RUN_STATES } from '../../engine/model/states';
import type { RunShown, StepShown } from '../../engine/runs/show';
import { numberParam } from '../api/body';
import { plain } from '../git/lines';
import { LOG_TAIL } from '../limits';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, query, type Route, userOf } from '../route';
import { seeOther } from './login';
import { render } from './render';

export const runPageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/apps/:app/runs/:number',
    permission: 'page',
    handle: async (parts, ctx) => {
      const after = await parts.engine.events.newest();
      const run = await parts.engine.runs.show(param(ctx, 'app'), numberParam(ctx, 'number'));
      const address = `/apps/${run.app}/runs/${run.number}`;
      const final = isFinalRun(run.state);
      const step = chosenStep(run, query(ctx, 'step'));
      const shell = {
        title: `${run.app} run ${run.number}`,
        events: final ? '' : `/api/v1${address}/events?after=${after}`,
      };
      ctx.body = await render(parts, ctx, 'run', shell, {
        run: { ...run, address, final, sentence: RUN_STATES[run.state], undoing: run.state === 'undoing' },
        steps: run.steps.map((s) => ({
          ...s,
          chosen: s === step,
          address: `${address}?step=${encodeURIComponent(s.name)}`,
          undo: final && mayUndo(run, s) ? `${address}/undo` : '',
        })),
        gate: gateOf(run),
        votes: run.approvals.flatMap((a) =>
          a.votes.map((vote) => ({ ...vote, step: a.step, yes: vote.vote === 'yes' })),
        ),
        log: step === undefined ? null : await logOf(parts, run, step),
        now: parts.engine.parts.clock.now(),
      });
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/runs/:number/decide',
    permission: 'page',
    handle: decide,
  },
  {
    method: 'POST',
    path: '/apps/:app/runs/:number/cancel',
    permission: 'page',
    handle: async (parts, ctx) => {
      const wanted = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), reason: reasonOf(ctx) };
      await parts.engine.runs.cancel(wanted, actorOf(ctx));
      seeOther(ctx, `/apps/${wanted.app}/runs/${wanted.run}`);
    },
  },
];

/** The form carries the release that its page showed: what has changed since is refused. */
async function decide(parts: WebParts, ctx: Context): Promise<void> {
  const { app, row } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
  const form = ctx.state.form ?? new URLSearchParams();
  await parts.engine.approvals.decide({
    app: app.name,
    run: row.number,
    step: form.get('step') ?? '',
    user: userOf(ctx).name,
    vote: form.get('vote') === 'yes' ? 'yes' : 'no',
    reason: reasonOf(ctx),
    shownHash: form.get('releaseHash') ?? '',
  });
  seeOther(ctx, `/apps/${app.name}/runs/${row.number}`);
}

const reasonOf = (ctx: Context): string => (ctx.state.form?.get('reason') ?? '').slice(0, 500);

/** Kinds that leave nothing behind: no question is offered that has no answer. */
const LEAVES_NOTHING = ['plan', 'command', 'build-artifact', 'verify', 'approve', 'observe'];

/** Whether it is worth a look what the undo of this step would do; the preview itself says yes or no. */
function mayUndo(run: RunShown, step: StepShown): boolean {
  const own = step.verb === 'run' ? run.trigger !== 'undo' : run.trigger === 'rollback';
  return own && step.state === 'succeeded' && step.undoneBy === null && !LEAVES_NOTHING.includes(step.kind);
}

/** The one that was asked for; else what runs, what failed, what ended last. */
function chosenStep(run: RunShown, name: string | undefined): StepShown | undefined {
  return (
    run.steps.find((s) => s.name === name) ??
    run.steps.find((s) => s.state === 'running') ??
    run.steps.find((s) => s.state === 'failed') ??
    run.steps.findLast((s) => s.startedAt !== null && s.kind !== 'approve') ??
    run.steps[0]
  );
}

function gateOf(run: RunShown) {
  const gate = run.approvals.find((a) => a.state === 'requested');
  if (gate === undefined) return null;
  const yes = gate.votes.filter((v) => v.vote === 'yes').length;
  return { ...gate, missing: gate.count - yes, release: run.release };
}

/** The end of the log; the script goes on from `offset`. */
async function logOf(parts: WebParts, run: RunShown, step: StepShown) {
  const { logs } = parts.engine.parts;
  const size = await logs.size(run.id, step.id);
  const from = Math.max(0, size - LOG_TAIL);
  const bytes = await logs.read(run.id, step.id, from, LOG_TAIL);
  const source = `/api/v1/apps/${run.app}/runs/${run.number}/steps/${encodeURIComponent(step.name)}/log`;
  const text = plain(bytes.toString('utf8'));
  return { step: step.name, state: step.state, text, cut: from > 0, offset: from + bytes.length, source };
}
