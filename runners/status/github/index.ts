import type { Forge } from '../forge';
import { comments } from './comment';
import { headers, status } from './status';

export const github: Forge = { headers, status, comments };
