import { matchesAny } from './glob';
import type { PipelineSpec } from './types';

/** Does a pipeline want a run of this ref (`refs/heads/main`, `refs/tags/v1`)? If not, `reason` is the sentence to show. */
export type RefVerdict = { wanted: true } | { wanted: false; reason: string };

export const REF_KINDS = [
  { prefix: 'refs/heads/', noun: 'branch', key: 'branches' },
  { prefix: 'refs/tags/', noun: 'tag', key: 'tags' },
] as const;

export const isBranch = (ref: string): boolean => ref.startsWith(REF_KINDS[0].prefix);

export function wantsRef(spec: { on: Pick<PipelineSpec['on'], 'branches' | 'tags'> }, ref: string): RefVerdict {
  const kind = REF_KINDS.find(({ prefix }) => ref.startsWith(prefix));
  if (kind === undefined) return { wanted: false, reason: `${ref} is neither a branch nor a tag.` };
  const name = ref.slice(kind.prefix.length);
  const patterns = spec.on[kind.key];
  if (matchesAny(patterns, name)) return { wanted: true };
  const wanted = patterns.length === 0 ? 'none' : patterns.join(', ');
  const reason = `The ${kind.noun} "${name}" starts no run: on.${kind.key} of gantry.yml wants ${wanted}.`;
  return { wanted: false, reason };
}
