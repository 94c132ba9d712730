import type { ParameterValues } from '../../pipelines/parameters';
import { causeWords, type RunCause } from '../model/cause';
import type { RunRow } from './run-at-hand';

/** What a run was started with, by name. */
export const parametersOf = ({ parameters }: Pick<RunRow, 'parameters'>): ParameterValues =>
  parameters === null ? {} : (JSON.parse(parameters) as ParameterValues);

/** Why it was started; null where its trigger and the person say it. */
export const causeOf = ({ cause }: Pick<RunRow, 'cause'>): RunCause | null =>
  cause === null ? null : (JSON.parse(cause) as RunCause);

/** The same as a sentence; empty instead of null. */
export function causeText(row: Pick<RunRow, 'cause'>): string {
  const cause = causeOf(row);
  return cause === null ? '' : causeWords(cause);
}
