import { commitStatus } from '../commit-status';
import type { ApiCall, Repository, StatusWanted } from '../forge';
import { pathOf } from '../read';

export const headers = (token: string) => ({ authorization: `token ${token}` });

export const api = (repository: Repository): string => `${repository.origin}/api/v1/repos/${pathOf(repository)}`;

export const status = (repository: Repository, wanted: StatusWanted): ApiCall => commitStatus(api(repository), wanted);
