import type { Failure } from '../api/types';
import type { Output } from '../output';
import { duration } from './time';

/** Why a run failed: the error, the lines of the log that matter, what to try. Empty when no step has failed. */
export function failureText(out: Output, failure: Failure | null | undefined, app: string): string {
  if (failure == null) return '';
  const { instance } = failure;
  return [
    `${out.paint('red', failure.step)}: ${failure.error}`,
    ...(instance === null ? [] : [`  ${endWords(instance)}`]),
    ...failure.lines.map(({ number, text }) => `${out.paint('dim', `${String(number).padStart(6)} |`)} ${text}`),
    ...keptLines(failure, app),
    ...failure.tries.map((sentence, i) => `${out.paint('bold', i === 0 ? 'to try:' : '    or:')} ${sentence}`),
  ].join('\n');
}

function keptLines({ instance, keptUntil }: Failure, app: string): string[] {
  if (instance === null || keptUntil === null) return [];
  const until = new Date(keptUntil).toISOString();
  return [`  it is kept until ${until}: gantry logs ${app} --instance ${instance.name}`];
}

function endWords({ name, exitCode, outOfMemory, answers }: NonNullable<Failure['instance']>): string {
  const end = exitCode === null ? 'still ran' : `ended with exit code ${exitCode}`;
  const said = answers.map(({ afterMs, words }) => `${words} (${duration(afterMs)})`).join(', ');
  return [
    `${name} ${end}${outOfMemory ? ', out of memory' : ''}`,
    said === '' ? 'its health check was never asked' : `its health check said: ${said}`,
  ].join('; ');
}
