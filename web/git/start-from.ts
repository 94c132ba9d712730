import type { AppFound } from '../../engine/apps/find';
import { GantryError } from '../../engine/model/errors';
import { isBranchOrTag } from '../../engine/model/ref-name';
import { problemLine } from '../../pipelines/check';
import { nearest } from '../../pipelines/nearest';
import { PIPELINE_FILE, parsePipeline } from '../../pipelines/parse';
import { plainPath } from '../../pipelines/paths';
import { REF_KINDS, wantsRef } from '../../pipelines/refs';
import type { PipelineSpec } from '../../pipelines/types';
import { GIT_READ_MS } from '../limits';
import type { WebParts } from '../parts';
import { repositoryFolder } from './repository';
import { runGit } from './run-git';

/** Where a run that somebody starts begins: a commit, the ref that it is of, and the pipeline there. */
export interface StartFrom {
  ref: string;
  commit: string;
  spec: PipelineSpec;
}

type Git = (...args: string[]) => Promise<string>;
interface Head {
  ref: string;
  commit: string;
}

const COMMIT = /^[0-9a-f]{7,40}$/;

/**
 * @param wanted a branch or tag by its name, or a commit of one; the default branch when left out
 * @throws GantryError `app-unknown`, `ref-unknown` (also for a commit that only came with others), `pipeline-missing`,
 *   `pipeline-refused`.
 */
export async function startFrom(parts: WebParts, name: string, wanted: string | undefined): Promise<StartFrom> {
  const app = await parts.engine.apps.find(name);
  const folder = repositoryFolder(parts.options, app.repository);
  const git: Git = (...args) => runGit(parts.options, ['-C', folder, ...args], GIT_READ_MS);
  const found = await headsFor(parts, git, app, wanted);
  const commit = found[0]?.commit;
  if (commit === undefined) throw await unknownRef(git, app, wanted);
  const spec = await pipelineAt(git, app, commit);
  // A commit may be of several: one that the pipeline wants goes first.
  const head = found.find(({ ref }) => wantsRef(spec, ref).wanted) ?? found[0];
  return { ref: head?.ref ?? '', commit, spec };
}

/** The refs that are meant, all at the commit that is meant. None: there is no such thing. */
async function headsFor(parts: WebParts, git: Git, app: AppFound, wanted: string | undefined): Promise<Head[]> {
  const preferred = await parts.engine.apps.defaultBranch(app.id);
  const names = wanted === undefined ? [preferred] : fullNames(wanted);
  const named = await headsOf(git, names);
  const exact = names.flatMap((ref) => named.filter((head) => head.ref === ref));
  if (exact.length > 0 || wanted === undefined || !COMMIT.test(wanted)) return exact.slice(0, 1);
  const commit = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${wanted}^{commit}`).catch(
    () => '', // no such commit, or more than one that begins so
  );
  if (commit === '') return [];
  const holding = await headsOf(git, [`--contains=${commit.trim()}`, ...REF_KINDS.map(({ prefix }) => prefix)]);
  if (holding.length === 0) return [];
  const first = holding.filter(({ ref }) => ref === preferred);
  const found = await ownCommits(parts, git, app, [...first, ...holding], commit.trim());
  if (found.length === 0) throw neverHead(commit.trim(), holding);
  return found;
}

/** So many refs are looked at, and so many commits of each. */
const REFS_MAX = 50;
const COMMITS_MAX = 20_000;

/**
 * Those of the refs of which the commit is the head, or was. A merge, and a push of several commits, also bring such
 * that only their author has seen: their pipelines must not be taken for the branch's, which may have secrets. Where it
 * has none, the commits of its own line do as well: what was pushed before there was a Gantry, or is forgotten.
 */
async function ownCommits(
  parts: WebParts,
  git: Git,
  app: AppFound,
  holding: readonly Head[],
  commit: string,
): Promise<Head[]> {
  const found: Head[] = [];
  const { deliveries, secrets } = parts.engine;
  const isInLine = async (ref: string): Promise<boolean> =>
    !(await secrets.isProtected(app, ref)) &&
    (await git('rev-list', '--first-parent', `--max-count=${COMMITS_MAX}`, ref, '--')).split('\n').includes(commit);
  for (const head of holding.slice(0, REFS_MAX)) {
    const { ref } = head;
    const wasHead = head.commit === commit || (await deliveries.wasHead(app, ref, commit));
    if (wasHead || (await isInLine(ref))) found.push({ ref, commit });
  }
  return found;
}

function neverHead(commit: string, holding: readonly Head[]): GantryError {
  const short = commit.slice(0, 12);
  const message = `${short} came to ${shortName(holding[0]?.ref ?? '')} with others, and never was its head`;
  return new GantryError(
    'conflict',
    'ref-unknown',
    message,
    `push a branch that begins there: ${short}:refs/heads/NAME`,
  );
}

const shortName = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '');

/** `v1` may be a branch or a tag; what Git would not take as a name is none. */
function fullNames(wanted: string): string[] {
  const names = wanted.startsWith('refs/') ? [wanted] : REF_KINDS.map(({ prefix }) => `${prefix}${wanted}`);
  return names.filter(isBranchOrTag);
}

/** Branches and tags with the commits that they name; an annotated tag names one by way of itself. */
async function headsOf(git: Git, patterns: readonly string[]): Promise<Head[]> {
  if (patterns.length === 0) return [];
  const text = await git('for-each-ref', '--format=%(refname) %(objectname) %(*objectname)', ...patterns);
  return text.split('\n').flatMap((line) => {
    const [ref = '', own = '', behind = ''] = line.split(' ');
    return ref === '' ? [] : [{ ref, commit: behind === '' ? own : behind }];
  });
}

async function pipelineAt(git: Git, app: AppFound, commit: string): Promise<PipelineSpec> {
  const file = plainPath(`${app.path}/${PIPELINE_FILE}`);
  const at = `${file} at ${commit.slice(0, 12)}`;
  const entry = /^100\d{3} blob ([0-9a-f]+)\t/.exec(await git('ls-tree', '--full-tree', commit, '--', file));
  if (entry === null) {
    throw new GantryError('conflict', 'pipeline-missing', `there is no ${at}`, 'write it with: gantry init');
  }
  const read = parsePipeline(await git('cat-file', 'blob', entry[1] ?? ''), { file });
  if (read.ok) return read.spec;
  const [first] = read.problems;
  const why = first === undefined ? '' : `: ${problemLine(first)}`;
  throw new GantryError('conflict', 'pipeline-refused', `${at} is refused${why}`, 'check it with: gantry lint');
}

async function unknownRef(git: Git, app: AppFound, wanted: string | undefined): Promise<GantryError> {
  if (wanted === undefined) {
    const message = `nothing was pushed to the default branch of ${app.name} yet`;
    return new GantryError('conflict', 'ref-unknown', message, 'push a commit: git push gantry main');
  }
  const heads = await headsOf(
    git,
    REF_KINDS.map(({ prefix }) => prefix),
  );
  const names = heads.map(({ ref }) => shortName(ref));
  const near = nearest(wanted, names);
  const message = `${app.name} has no branch, tag or commit of one called "${wanted.slice(0, 80)}"`;
  const next = near === null ? `it has ${names.slice(0, 8).join(', ') || 'none'}` : `did you mean "${near}"?`;
  return new GantryError('not-found', 'ref-unknown', message, next);
}
