import type { RequestComments } from '../forge';
import { commentsIn, field } from '../read';
import { api } from './status';

export const comments: RequestComments = {
  list: (repository, request) => ({
    method: 'GET',
    url: `${api(repository)}/pullrequests/${request}/comments?pagelen=100`,
  }),
  read: (answer) => commentsIn(field(answer, 'values'), (comment) => field(field(comment, 'content'), 'raw')),
  write: (repository, request, text, known) => {
    const all = `${api(repository)}/pullrequests/${request}/comments`;
    const body = { content: { raw: text } };
    return known === null ? { method: 'POST', url: all, body } : { method: 'PUT', url: `${all}/${known}`, body };
  },
};
