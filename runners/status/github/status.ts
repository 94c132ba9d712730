import { commitStatus } from '../commit-status';
import type { ApiCall, Repository, StatusWanted } from '../forge';
import { pathOf } from '../read';

export const headers = (token: string) => ({
  authorization: `Bearer ${token}`,
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
});

/** github.com has its API elsewhere than GitHub Enterprise. */
export const api = (repository: Repository): string => {
  const base = repository.origin === 'https://github.com' ? 'https://api.github.com' : `${repository.origin}/api/v3`;
  return `${base}/repos/${pathOf(repository)}`;
};

export const status = (repository: Repository, wanted: StatusWanted): ApiCall => commitStatus(api(repository), wanted);
