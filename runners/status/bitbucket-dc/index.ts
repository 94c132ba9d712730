import type { Forge } from '../forge';
import { headers, status } from './status';

/** Statuses only: to change a comment, Data Center wants to be told its version. */
export const bitbucketDc: Forge = { headers, status };
