import { formatShare } from '../../pipelines/units';
import type { Environment, GrayRule, ReleaseRef, Run, RunSummary, Step } from '../api/types';
import type { Output, Style } from '../output';
import { failureText } from './failure';
import { facts, table } from './table';
import { moment, span } from './time';

/** How states look on a terminal; a state that is not listed looks like plain text. */
const STYLE_OF_STATE: Readonly<Record<string, Style>> = {
  succeeded: 'green',
  running: 'cyan',
  waiting: 'yellow',
  undoing: 'yellow',
  failed: 'red',
  cancelled: 'dim',
  superseded: 'dim',
  ignored: 'dim',
  pending: 'dim',
  undone: 'yellow',
};

export function stateWord(out: Output, state: string): string {
  const style = STYLE_OF_STATE[state];
  return style === undefined ? state : out.paint(style, state);
}

/** Long enough to be unique for people; the full hash is in `--json`. */
export const shortHash = (hash: string | null): string => hash?.replace(/^sha256:/, '').slice(0, 10) ?? '';

/** `main`, `v1.2`: a ref without its place. */
export const shortRef = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '');

export const runName = (run: { app: string; number: number }): string => `${run.app}#${run.number}`;

export function runTable(out: Output, runs: readonly RunSummary[], now: number): string {
  const isNoted = runs.some((run) => noteOf(run) !== '');
  return table(
    ['RUN', 'STATE', 'TOOK', 'BEGAN', 'REF', 'COMMIT', 'RELEASE', 'TITLE', ...(isNoted ? ['NOTE'] : [])],
    runs.map((run) => [
      runName(run),
      stateWord(out, run.state),
      span(run.startedAt ?? run.createdAt, run.endedAt, now),
      moment(run.createdAt, now, out.terminal),
      shortRef(run.ref),
      shortHash(run.commit),
      run.release === null ? '' : String(run.release),
      oneLine(run.title, 60),
      ...(isNoted ? [noteOf(run)] : []),
    ]),
  );
}

/** What a run stands in line for, or which one took its place. */
function noteOf({ inLine, supersededBy }: RunSummary): string {
  if (inLine) return inLine.words;
  return supersededBy ? `superseded by #${supersededBy}` : '';
}

export function runPage(out: Output, run: Run, now: number): string {
  const head = facts([
    ['run', out.paint('bold', runName(run))],
    ['state', stateWord(out, run.state) + (run.reason === '' ? '' : `: ${run.reason}`)],
    ['waits', run.waitsFor],
    ['untold', (run.untold ?? []).join('; ')],
    ['title', oneLine(run.title, 100)],
    ['commit', [shortHash(run.commit), shortRef(run.ref), run.author].filter(Boolean).join('  ')],
    ['release', run.release === null ? '' : `${run.release}  ${shortHash(run.releaseHash)}`],
    ['trigger', run.startedBy === '' ? run.trigger : `${run.trigger} by ${run.startedBy}`],
    ['undoes', run.undoes == null ? '' : `run #${run.undoes}`],
    ['restarts', run.restarts == null ? '' : `run #${run.restarts}`],
    ['cause', run.cause ?? ''],
    [
      'with',
      Object.entries(run.parameters ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join('  '),
    ],
    ['began', moment(run.createdAt, now, out.terminal)],
    ['took', span(run.startedAt ?? run.createdAt, run.endedAt, now)],
    ['page', run.url],
  ]);
  const steps = table(
    ['STEP', 'STATE', 'TOOK', 'REASON'],
    run.steps.map((step) => [
      stepName(step),
      stateWord(out, step.state),
      span(step.startedAt, step.endedAt, now),
      [oneLine(step.reason, 200), step.undoneBy == null ? '' : `undone by run #${step.undoneBy}`]
        .filter(Boolean)
        .join('; '),
    ]),
  );
  return [head, steps, failureText(out, run.failure, run.app)].filter(Boolean).join('\n\n');
}

/** An undo says so: it has the name of the step that it takes back. */
export const stepName = (step: Step): string =>
  step.verb === 'undo' && !step.name.includes('undo') ? `undo ${step.name}` : step.name;

export function environmentTable(environments: readonly Environment[]): string {
  return table(
    ['APP', 'ENVIRONMENT', 'STABLE', 'GRAY', 'WARM', 'INSTANCES', 'ADDRESS'],
    environments.map((environment) => [
      environment.app ?? '',
      environment.name,
      release(environment.stable),
      environment.gray === null ? '-' : `${release(environment.gray)} (${formatShare(environment.share)})`,
      release(environment.warm),
      instancesOf(environment),
      environment.url,
    ]),
  );
}

export const release = (ref: ReleaseRef | null): string => (ref === null ? '-' : `release ${ref.number}`);

/** `2 serving`, `1 serving, 1 starting`. */
function instancesOf({ instances }: Environment): string {
  const counts = new Map<string, number>();
  for (const { state } of instances) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || '-';
}

/** Who meets gray whatever the share is, in words; empty when nobody does. */
export const rulesOf = (rules: readonly GrayRule[]): string => rules.map(({ text }) => text).join(', ');

export function oneLine(text: string, max: number): string {
  const line = (text.split('\n', 1)[0] ?? '').trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
