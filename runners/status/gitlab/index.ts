import type { Forge } from '../forge';
import { comments } from './comment';
import { headers, isSo, status } from './status';

export const gitlab: Forge = { headers, status, isSo, comments };
