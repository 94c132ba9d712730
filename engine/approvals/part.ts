import type { PartInChange } from '../store/tables';

/** What somebody who takes part in a change did, as the end of a sentence about them. */
export const PARTS: Readonly<Record<PartInChange, string>> = {
  author: 'wrote a commit of it',
  committer: 'committed a part of it',
  'co-author': 'is named as co-author of a commit of it',
  pusher: 'pushed it',
  merger: 'merged a part of it',
  starter: 'started its run',
};
