import { isFinalStep } from '../../engine/model/states';
import type { RunShown, StepShown } from '../../engine/runs/show';

/** What a pusher reads: short lines, since git puts `remote: ` before each. Pure. */

const NAME_WIDTH = 18;

const WORDS: Record<StepShown['state'], string> = {
  pending: 'waits',
  ready: 'waits',
  running: 'runs',
  waiting: 'waits for people',
  succeeded: 'ok',
  failed: 'failed',
  cancelled: 'cancelled',
  undone: 'taken back',
};

/** `  test/deliver       ok          2.1 s` */
export function stepLine(step: StepShown): string {
  const took = step.startedAt === null || step.endedAt === null ? '' : seconds(step.endedAt - step.startedAt);
  return `  ${step.name.padEnd(NAME_WIDTH)} ${WORDS[step.state].padEnd(10)} ${took}`.trimEnd();
}

export const stillLine = (step: StepShown, now: number): string =>
  `  ${step.name.padEnd(NAME_WIDTH)} runs, ${seconds(now - (step.startedAt ?? now))} so far`;

/** A step is worth a line when it has ended; a cancelled one that never began is not. */
export const isTold = (step: StepShown): boolean =>
  isFinalStep(step.state) && !(step.state === 'cancelled' && step.startedAt === null);

/** What it waits for, and the exact command that answers. */
export function waitLines(run: RunShown): string[] {
  const gate = run.approvals.find((a) => a.state === 'requested');
  return [
    `  ${run.waitsFor}`,
    ...(gate === undefined ? [] : [`    gantry approve ${run.app} ${run.number} --step ${gate.step}`]),
  ];
}

export function endLine(run: RunShown): string {
  const took = run.endedAt === null ? '' : ` after ${seconds(run.endedAt - run.createdAt)}`;
  const reason = run.reason === '' ? '' : `: ${run.reason}`;
  return `  run ${run.number} ${run.state}${took}${reason}`;
}

/** `2.1 s`, `3 min 20 s`. */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The lines of a log, without terminal control sequences. */
export function logText(log: Buffer): string[] {
  return plain(log.toString('utf8')).trimEnd().split('\n');
}

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
/** Colours and cursor movements, window titles, and every other control character but tab and line end. */
const CONTROL = new RegExp(
  `${ESC}\\[[0-9;?]*[ -/]*[@-~]|${ESC}\\][^${BEL}${ESC}]*(${BEL}|${ESC}\\\\)?|(?![\\t\\n])\\p{Cc}`,
  'gu',
);

/** Text of a log as plain text: no colours, no cursor movements, nothing that a terminal would obey. */
export const plain = (text: string): string => text.replace(CONTROL, '');
