import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

/** Bitbucket Data Center, once named Server. */
export const bitbucketDc: Forge = { name: 'bitbucket-dc', isSigned, deliveryId, event };
