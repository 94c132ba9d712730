import { commentsUnder } from '../commit-status';
import { api } from './status';

/** Comments of a pull request are those of its issue. */
export const comments = commentsUnder(api, 'issues');
