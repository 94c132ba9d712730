import type { WebParts } from '../parts';
import type { Forge } from './forge';
import { gitea } from './gitea';
import { github } from './github';
import { gitlab } from './gitlab';

export const forges: readonly Forge[] = [github, gitlab, gitea];

/** Where each forge calls, by its name. */
export const hookUrls = ({ url }: Pick<WebParts, 'url'>, app: string): Record<string, string> =>
  Object.fromEntries(forges.map(({ name }) => [name, `${url}/hooks/${app}/${name}`]));
