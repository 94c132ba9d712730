import type { FailureShown } from '../../engine/runs/failure';
import { plain, seconds } from './lines';

const NUMBER_WIDTH = 5;

/** Why a run failed, for somebody who reads it in the output of a push: the lines that matter, then what to try. */
export function failureLines(failure: FailureShown, app: string): string[] {
  return [
    `  ${failure.step}: ${failure.error}`,
    ...(failure.instance === null ? [] : [`    ${endWords(failure.instance)}`]),
    ...keptLines(failure, app),
    ...failure.lines.map(({ number, text }) => `  ${String(number).padStart(NUMBER_WIDTH)} | ${text}`),
    ...failure.tries.map((sentence, i) => `  ${i === 0 ? 'to try:' : '    or:'} ${sentence}`),
  ].map(plain);
}

/** What the pusher types to look at the container that failed. */
function keptLines({ instance, keptUntil }: FailureShown, app: string): string[] {
  if (instance === null || keptUntil === null) return [];
  return [`    it is kept until ${new Date(keptUntil).toISOString()}: gantry logs ${app} --instance ${instance.name}`];
}

/** `exit code 3; its health check said: connection refused (0.1 s), 503 Service Unavailable (4.0 s)`. */
export function endWords({ exitCode, outOfMemory, answers }: NonNullable<FailureShown['instance']>): string {
  const end = exitCode === null ? 'it still ran' : `exit code ${exitCode}`;
  const said = answers.map(({ afterMs, words }) => `${words} (${seconds(afterMs)})`).join(', ');
  return [
    `${end}${outOfMemory ? ', out of memory' : ''}`,
    said === '' ? 'its health check was never asked' : `its health check said: ${said}`,
  ].join('; ');
}
