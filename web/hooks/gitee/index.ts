import type { Forge } from '../forge';
import { deliveryId, event } from './event';
import { isSigned } from './signature';

export const gitee: Forge = { name: 'gitee', isSigned, deliveryId, event };
