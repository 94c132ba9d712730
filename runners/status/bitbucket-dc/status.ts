import type { StatusState } from '../../../engine/forges/post';
import { buildStatus } from '../build-status';
import type { ApiCall, Repository, StatusWanted } from '../forge';

const STATES: Readonly<Record<StatusState, string>> = {
  pending: 'INPROGRESS',
  running: 'INPROGRESS',
  success: 'SUCCESSFUL',
  failure: 'FAILED',
  cancelled: 'FAILED',
};

export const headers = (token: string) => ({ authorization: `Bearer ${token}` });

/** `POST /rest/build-status/1.0/commits/{commitId}`: a commit is known by its hash alone. */
export const status = ({ origin }: Repository, wanted: StatusWanted): ApiCall => ({
  method: 'POST',
  url: `${origin}/rest/build-status/1.0/commits/${wanted.commit}`,
  body: buildStatus(wanted, STATES),
});
