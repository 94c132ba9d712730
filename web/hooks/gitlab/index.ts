import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

export const gitlab: Forge = { name: 'gitlab', isSigned, deliveryId, event };
