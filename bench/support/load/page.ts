/**
 * What the bench's app answers, known to both sides: a text that depends on the release that answers and on the number
 * of the request, so that a mixed-up, cut or repeated body cannot pass.
 */
export function pageBody(release: string, request: number): string {
  return `release ${release} answers request ${request}\n`.repeat(10 + (request % 40));
}

/** The same function as JavaScript text, for the app's sources. */
export const PAGE_BODY_SOURCE = pageBody.toString();

/** Header that names the release which answers. */
export const RELEASE_HEADER = 'x-release';

/** Every so many requests, one is slow. */
const SLOW_EVERY = 10;
/** How long a slow one takes before its first byte, ms. */
export const SLOW_MS = 100;

export const pathOf = (request: number): string =>
  `${request % SLOW_EVERY === 0 ? '/slow' : '/page'}?request=${request}`;
