import type { RunShown } from '../../engine/runs/show';
import { endWords } from '../git/failure-lines';

/** What the partial `failure` shows; null when no step has failed. The numbers of its lines link into the log. */
export function failureView({ failure }: RunShown, address: string) {
  if (failure === null) return null;
  const { instance } = failure;
  const log = `${address}?step=${encodeURIComponent(failure.step)}`;
  return { ...failure, log, end: instance === null ? '' : endWords(instance) };
}
