import { createHash } from 'node:crypto';
import type { StatusState } from '../../engine/forges/post';
import type { StatusWanted } from './forge';

/** Both Bitbuckets take a key of so many characters. */
const KEY_MAX = 40;

/** The body of a build status, as both Bitbuckets take it. */
export const buildStatus = (wanted: StatusWanted, states: Readonly<Record<StatusState, string>>) => ({
  key: keyOf(wanted.context),
  state: states[wanted.state],
  name: wanted.context,
  url: wanted.link,
  description: wanted.sentence,
});

/** The end of a hash keeps two long names apart that begin alike. */
function keyOf(context: string): string {
  if (context.length <= KEY_MAX) return context;
  const hash = createHash('sha256').update(context).digest('hex').slice(0, 8);
  return `${context.slice(0, KEY_MAX - 9)}-${hash}`;
}
