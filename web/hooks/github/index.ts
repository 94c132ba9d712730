import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

/** GitHub and GitHub Enterprise. */
export const github: Forge = { name: 'github', isSigned, deliveryId, event };
