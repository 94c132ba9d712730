import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

/** Whatever has no folder here: a forge of one's own, a mirror, a script. */
export const generic: Forge = { name: 'generic', isSigned, deliveryId, event };
