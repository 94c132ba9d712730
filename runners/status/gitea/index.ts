import type { Forge } from '../forge';
import { comments } from './comment';
import { headers, status } from './status';

/** Gitea, and Forgejo, which speaks as it does. */
export const gitea: Forge = { headers, status, comments };
