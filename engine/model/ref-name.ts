/** Longest name of a ref that is taken; file systems end near it. */
const REF_MAX = 240;
/** What `git check-ref-format` refuses anywhere in a name: control characters, space and the signs of revisions. */
const FORBIDDEN = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|[/.]$/u;
/** Parts of a name that Git refuses, and a leading dash, which a program may take for an option. */
const FORBIDDEN_PART = /^[.-]|\.lock$/;

/** Where forges keep the head of a pull or merge request: GitHub, Gitea and Gitee; GitLab; Bitbucket Data Center. */
const REQUEST = /^refs\/(?:pull\/(\d{1,9})\/head|merge-requests\/(\d{1,9})\/head|pull-requests\/(\d{1,9})\/from)$/;

/** The number of the pull or merge request whose head this ref is; undefined when it is another ref. */
export function requestOf(ref: string): number | undefined {
  const match = REQUEST.exec(ref);
  const number = Number(match?.slice(1).find((text) => text !== undefined));
  return match !== null && number > 0 ? number : undefined;
}

/** Is this the full name of a branch or tag, as `git check-ref-format` has it? Others are never handed to `git`. */
export function isBranchOrTag(ref: string): boolean {
  const name = /^refs\/(?:heads|tags)\/(.+)$/su.exec(ref)?.[1];
  if (name === undefined || name === '@' || Buffer.byteLength(ref) > REF_MAX || FORBIDDEN.test(name)) return false;
  return !name.split('/').some((part) => FORBIDDEN_PART.test(part));
}
