/** What belongs to a commit and is not in it: the operator says whether it is fetched, and never the commit itself. */
export const EXTRAS = ['submodules'] as const;
export type Extra = (typeof EXTRAS)[number];
