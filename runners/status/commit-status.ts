import type { StatusState } from '../../engine/forges/post';
import type { ApiCall, Repository, RequestComments, StatusWanted } from './forge';
import { commentsIn, field } from './read';

const STATES: Readonly<Record<StatusState, string>> = {
  pending: 'pending',
  running: 'pending',
  success: 'success',
  failure: 'failure',
  cancelled: 'error',
};

/** A status as GitHub has it, and Gitea after it: `POST …/statuses/{sha}`. */
export const commitStatus = (api: string, wanted: StatusWanted): ApiCall => ({
  method: 'POST',
  url: `${api}/statuses/${wanted.commit}`,
  body: {
    state: STATES[wanted.state],
    target_url: wanted.link,
    description: wanted.sentence,
    context: wanted.context,
  },
});

/**
 * Comments as GitHub has them, and others after it: all of them under the request, each one under its own number.
 * @param under where requests are: `issues`, `pulls`
 */
export const commentsUnder = (api: (repository: Repository) => string, under: string, query = ''): RequestComments => ({
  list: (repository, request) => ({ method: 'GET', url: `${api(repository)}/${under}/${request}/comments${query}` }),
  read: (answer) => commentsIn(answer, (comment) => field(comment, 'body')),
  write: (repository, request, text, known) =>
    known === null
      ? { method: 'POST', url: `${api(repository)}/${under}/${request}/comments`, body: { body: text } }
      : { method: 'PATCH', url: `${api(repository)}/${under}/comments/${known}`, body: { body: text } },
});
