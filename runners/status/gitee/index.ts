import type { Forge } from '../forge';
import { idOf } from '../read';
import { comments } from './comment';
import { headers, status } from './status';

export const gitee: Forge = { headers, status, statusId: idOf, comments };
