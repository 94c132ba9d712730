import type { WebParts } from '../parts';
import { bitbucket } from './bitbucket';
import { bitbucketDc } from './bitbucket-dc';
import type { Forge } from './forge';
import { generic } from './generic';
import { gitea } from './gitea';
import { gitee } from './gitee';
import { github } from './github';
import { gitlab } from './gitlab';

export const forges: readonly Forge[] = [github, gitlab, gitea, gitee, bitbucket, bitbucketDc, generic];

/** Where each forge calls, by its name. */
export const hookUrls = ({ url }: Pick<WebParts, 'url'>, app: string): Record<string, string> =>
  Object.fromEntries(forges.map(({ name }) => [name, `${url}/hooks/${app}/${name}`]));
