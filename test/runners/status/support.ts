import type { ForgeName } from '../../../engine/forges/forge-name';
import type { PostTaken } from '../../../engine/forges/take-post';
import type { AppId } from '../../../engine/model/ids';

export const TOKEN = 's3cret';
export const COMMIT = 'abcdef0123456789abcdef0123456789abcdef01';
export const LINK = 'https://gantry.bank.example/apps/shop/runs/12';

/** Where each forge has the repository of the tests. */
export const REPOSITORIES: Readonly<Record<ForgeName, string>> = {
  github: 'https://github.com/bank/shop.git',
  gitlab: 'https://gitlab.bank.example/core/web/shop.git',
  gitea: 'https://git.bank.example/bank/shop.git',
  gitee: 'https://gitee.com/bank/shop.git',
  bitbucket: 'https://bitbucket.org/bank/shop.git',
  'bitbucket-dc': 'https://bitbucket.bank.example/scm/CORE/shop.git',
};

export function taken(forge: ForgeName, change: Partial<PostTaken> = {}): PostTaken {
  return {
    line: 'forge:1',
    claim: 1,
    appId: '1' as AppId,
    forge,
    url: REPOSITORIES[forge],
    target: COMMIT,
    context: 'gantry/shop/test',
    version: 1,
    remoteId: null,
    body: { kind: 'status', state: 'failure', sentence: 'test/verify failed: status 500', link: LINK },
    ...change,
  };
}
