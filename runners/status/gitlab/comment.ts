import type { RequestComments } from '../forge';
import { commentsIn, field } from '../read';
import { api } from './status';

/** Notes of a merge request. */
export const comments: RequestComments = {
  list: (repository, request) => ({
    method: 'GET',
    url: `${api(repository)}/merge_requests/${request}/notes?per_page=100&sort=asc`,
  }),
  read: (answer) => commentsIn(answer, (note) => field(note, 'body')),
  write: (repository, request, text, known) => {
    const notes = `${api(repository)}/merge_requests/${request}/notes`;
    return known === null
      ? { method: 'POST', url: notes, body: { body: text } }
      : { method: 'PUT', url: `${notes}/${known}`, body: { body: text } };
  },
};
