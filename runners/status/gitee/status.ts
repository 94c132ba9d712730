import type { StatusState } from '../../../engine/forges/post';
import type { ApiCall, Repository, StatusWanted } from '../forge';
import { pathOf } from '../read';

/** Gitee has checks where others have statuses; a check that has ended has a conclusion. */
const STATES: Readonly<Record<StatusState, { status: string; conclusion?: string }>> = {
  pending: { status: 'queued' },
  running: { status: 'in_progress' },
  success: { status: 'completed', conclusion: 'success' },
  failure: { status: 'completed', conclusion: 'failure' },
  cancelled: { status: 'completed', conclusion: 'cancelled' },
};

export const headers = (token: string) => ({ authorization: `token ${token}` });

export const api = (repository: Repository): string => `${repository.origin}/api/v5/repos/${pathOf(repository)}`;

/** `POST /repos/{owner}/{repo}/check-runs` makes a check, `PATCH …/check-runs/{id}` changes it. */
export function status(repository: Repository, wanted: StatusWanted, known: string | null): ApiCall {
  const checks = `${api(repository)}/check-runs`;
  const body = {
    ...STATES[wanted.state],
    details_url: wanted.link,
    output: { title: wanted.context, summary: wanted.sentence },
  };
  if (known !== null) return { method: 'PATCH', url: `${checks}/${known}`, body };
  return { method: 'POST', url: checks, body: { name: wanted.context, head_sha: wanted.commit, ...body } };
}
