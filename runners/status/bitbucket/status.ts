import type { StatusState } from '../../../engine/forges/post';
import { buildStatus } from '../build-status';
import type { ApiCall, Repository, StatusWanted } from '../forge';
import { pathOf } from '../read';

const STATES: Readonly<Record<StatusState, string>> = {
  pending: 'INPROGRESS',
  running: 'INPROGRESS',
  success: 'SUCCESSFUL',
  failure: 'FAILED',
  cancelled: 'STOPPED',
};

export const headers = (token: string) => ({ authorization: `Bearer ${token}` });

export const api = (repository: Repository): string =>
  `https://api.bitbucket.org/2.0/repositories/${pathOf(repository)}`;

/** `POST /repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build` */
export const status = (repository: Repository, wanted: StatusWanted): ApiCall => ({
  method: 'POST',
  url: `${api(repository)}/commit/${wanted.commit}/statuses/build`,
  body: buildStatus(wanted, STATES),
});
