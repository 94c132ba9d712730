/** Forges that show the status of a commit. */
export const FORGES = ['github', 'gitlab', 'gitea', 'gitee', 'bitbucket', 'bitbucket-dc'] as const;
export type ForgeName = (typeof FORGES)[number];

const BY_HOST: Readonly<Record<string, ForgeName>> = {
  'github.com': 'github',
  'gitlab.com': 'gitlab',
  'codeberg.org': 'gitea',
  'gitea.com': 'gitea',
  'gitee.com': 'gitee',
  'bitbucket.org': 'bitbucket',
};

/**
 * Which forge a repository is on: a known host says so, else the hook that it was signed for.
 * @param called the forge whose hook came last; undefined when none has come
 * @returns undefined when nothing tells
 */
export function forgeOf(url: string, called: string | undefined): ForgeName | undefined {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return BY_HOST[host] ?? FORGES.find((name) => name === called);
}
