import type { Forge } from '../forge';
import { comments } from './comment';
import { headers, status } from './status';

export const bitbucket: Forge = { headers, status, comments };
