import { commentsUnder } from '../commit-status';
import { api } from './status';

export const comments = commentsUnder(api, 'pulls', '?per_page=100');
