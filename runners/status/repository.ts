import type { Repository } from './forge';

/** The repository of an https address; undefined for one without an API behind it. */
export function repositoryOf(text: string): Repository | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  if (protocol !== 'https:') return undefined;
  // Data Center has its repositories under /scm.
  const path = decodeURIComponent(pathname)
    .replace(/^\/(scm\/)?/, '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
  return { origin, path };
}
