import type { StatusState } from '../../../engine/forges/post';
import type { ApiCall, Repository, StatusWanted } from '../forge';

const STATES: Readonly<Record<StatusState, string>> = {
  pending: 'pending',
  running: 'running',
  success: 'success',
  failure: 'failed',
  cancelled: 'canceled',
};

export const headers = (token: string) => ({ 'private-token': token });

/** A project goes by its whole path, groups and all, as one segment. */
export const api = ({ origin, path }: Repository): string => `${origin}/api/v4/projects/${encodeURIComponent(path)}`;

/** `POST /projects/:id/statuses/:sha` */
export const status = (repository: Repository, wanted: StatusWanted): ApiCall => ({
  method: 'POST',
  url: `${api(repository)}/statuses/${wanted.commit}`,
  body: {
    state: STATES[wanted.state],
    name: wanted.context,
    target_url: wanted.link,
    description: wanted.sentence,
  },
});

/** GitLab refuses to set the state that a status has. */
export const isSo = (code: number, body: string): boolean =>
  code === 400 && /Cannot transition status via :\w+ from :(\w+)/.test(body);
