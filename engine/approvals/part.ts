import type { PartInChange } from '../store/tables';
import type { Identity } from '../users/identities';

/** Somebody who took part in what a run carries. */
export type PersonInChange = Identity & {
  part: PartInChange;
  /** What they did it to; left out where that is not one commit. */
  commit?: string;
};

/** What somebody who takes part in a change did, as the end of a sentence about them. */
export const PARTS: Readonly<Record<PartInChange, string>> = {
  author: 'wrote a commit of it',
  committer: 'committed a part of it',
  'co-author': 'is named as co-author of a commit of it',
  pusher: 'pushed it',
  merger: 'merged a part of it',
  starter: 'started its run',
};
