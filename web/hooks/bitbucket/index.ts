import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

/** Bitbucket Cloud. */
export const bitbucket: Forge = { name: 'bitbucket', isSigned, deliveryId, event };
