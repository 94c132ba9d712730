import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

/** Gitea and Forgejo. */
export const gitea: Forge = { name: 'gitea', isSigned, deliveryId, event };
