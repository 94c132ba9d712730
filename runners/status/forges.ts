import type { ForgeName } from '../../engine/forges/forge-name';
import { bitbucket } from './bitbucket';
import { bitbucketDc } from './bitbucket-dc';
import type { Forge } from './forge';
import { gitea } from './gitea';
import { gitee } from './gitee';
import { github } from './github';
import { gitlab } from './gitlab';

/** Every forge that can be told, by its name. */
export const forges: Readonly<Record<ForgeName, Forge>> = {
  github,
  gitlab,
  gitea,
  gitee,
  bitbucket,
  'bitbucket-dc': bitbucketDc,
};
