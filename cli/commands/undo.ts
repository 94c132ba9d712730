import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { UndoPreview } from '../api/types';
import type { Command, Context } from '../command';
import { failure, usageError } from '../errors';
import { oneLine, runName } from '../format/house';
import { table } from '../format/table';
import { exactDuration } from '../format/time';
import type { Input } from '../input';
import type { Output } from '../output';
import { APP, reasonOf } from './run';
import { RunStory } from './run-story';

export const undo: Command = {
  name: 'undo',
  summary: 'takes a step of a run back, or everything from a step on',
  arguments: [
    APP,
    { name: 'RUN', help: 'number of the run, which must have ended' },
    { name: 'STEP', help: 'the step, for example production/promote', optional: true },
  ],
  options: {
    before: { value: 'STEP', help: 'goes back to before this step: takes it and everything after it back, in reverse' },
    preview: { help: 'only shows what would happen' },
    yes: { help: 'does not ask' },
    reason: { value: 'TEXT', help: 'why, for the audit and those who look later' },
    'no-wait': { help: 'returns when the undo is accepted, not when it is made' },
  },
  details:
    'First shows what will happen, in which order, how long it took last time, and what cannot be undone and why. ' +
    'Exactly that is done, by a run of its own; if it would do something else by then, it is refused. ' +
    'A run that has not ended is cancelled instead: gantry run cancel.',
  examples: ['gantry undo storefront 7 production/promote', 'gantry undo storefront 7 --before test/deliver --preview'],
  async run(input, context) {
    const { api, out } = context;
    const [app, number] = [input.argument('APP'), input.number('RUN')];
    const wanted = wantedOf(input);
    const preview = await api.post<UndoPreview>(path`/apps/${app}/runs/${number}/undo/preview`, wanted);
    const text = previewText(out, preview);
    if (input.flag('preview')) return { json: preview, text };
    // Whoever cannot be asked, or cannot have it, still sees what it is about.
    const show = (): void => (out.json ? out.note(text) : out.line(text));
    if (!input.flag('yes') || !isPossible(preview)) show();
    demandPossible(preview);
    if (!input.flag('yes') && !(await context.confirm('Do exactly this?'))) {
      throw failure('not-confirmed', 'nothing was done, since nobody said yes', 'or say it now: --yes');
    }
    const started = await api.post<{ run: number; steps: string[] }>(path`/apps/${app}/runs/${number}/undo`, {
      ...wanted,
      ...reasonOf(input.option('reason')),
      previewHash: preview.hash,
    });
    if (input.flag('no-wait')) return { json: started, text: `${app}: run #${started.run} takes it back` };
    return { json: { ...started, ...(await follow(context, app, started.run)) }, text: '' };
  },
};

function wantedOf(input: Input): { step: string } | { before: string } {
  const [step, before] = [input.optional('STEP'), input.option('before')];
  if (step !== undefined && before === undefined) return { step };
  if (before !== undefined && step === undefined) return { before };
  throw usageError(
    'gantry undo wants either a STEP, or --before STEP',
    'write gantry undo APP RUN STEP, or gantry undo APP RUN --before STEP',
  );
}

async function follow({ api, out, now }: Context, app: string, number: number): Promise<{ state: string; ms: number }> {
  const story = new RunStory(out, now);
  const run = await followRun(api, app, number, (seen) => {
    story.tell(seen);
    return 'go on';
  });
  if (run.state === 'succeeded') return { state: run.state, ms: (run.endedAt ?? now()) - run.createdAt };
  throw failure(
    'undo-failed',
    `the undo did not end well: ${runName(run)} ${run.state}: ${run.reason}`,
    `see: gantry run show ${app} ${number}`,
  );
}

const isPossible = ({ steps, refused }: UndoPreview): boolean => refused.length === 0 && steps.length > 0;

function demandPossible({ app, run, steps, refused: [refused] }: UndoPreview): void {
  if (refused !== undefined) {
    throw failure('undo-refused', `nothing was done: ${refused.step} stays: ${refused.why}`, refused.next);
  }
  if (steps.length === 0) throw failure('nothing-to-undo', `nothing of ${app}#${run} is left to undo`);
}

/** What will happen, in order; what cannot be undone, and why; what stays. */
export function previewText(out: Output, preview: UndoPreview): string {
  const last = (ms: number | null): string => (ms === null ? 'never done' : exactDuration(ms));
  const steps = preview.steps.map((s, i) => [`${i + 1}`, s.step, last(s.lastMs), oneLine(s.does, 300)]);
  const refused = preview.refused.map((r) => [
    out.paint('red', r.step),
    `${r.why}${r.next === '' ? '' : `; ${r.next}`}`,
  ]);
  const skipped = preview.skipped.map((s) => [s.step, s.why]);
  return [
    out.paint('bold', `Undo of ${preview.app}#${preview.run}, ${preview.what}`),
    table(['', 'STEP', 'LAST TIME', 'WHAT WILL HAPPEN'], steps),
    table(['CANNOT BE UNDONE', 'WHY'], refused),
    table(['STAYS AS IT IS', 'WHY'], skipped),
  ]
    .filter(Boolean)
    .join('\n\n');
}
