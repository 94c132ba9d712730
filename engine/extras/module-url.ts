import { readSourceUrl, type SourceUrl } from '../apps/source-url';
import { GantryError, messageOf } from '../model/errors';

/** Under it a repository keeps the files of submodules, by the commit that they are pinned at. */
export const moduleRef = (commit: string): string => `refs/gantry/modules/${commit}`;

/**
 * Where a submodule is fetched from. Whatever is written, that is the host of the repository that names it, and it is
 * reached as that one is: of the address only the path is taken.
 * @param parent where the repository lies that has the submodule: as `readSourceUrl` gives it
 * @param written what its `.gitmodules` says
 * @throws GantryError `submodule-url`.
 */
export function moduleUrl(parent: string, written: string): string {
  const source = readSourceUrl(parent);
  const path = /^\.\.?(\/|$)/.test(written) ? relative(pathOf(source), written) : pathAt(source, written);
  if (source.kind === 'local' && !path.startsWith(folderOf(source.url))) {
    throw refused('it leaves the folder in which the source lies');
  }
  return read(at(source, path)).url;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

function read(url: string): SourceUrl {
  try {
    return readSourceUrl(url);
  } catch (error) {
    throw refused(messageOf(error));
  }
}

/** From "/". */
function pathOf(source: SourceUrl): string {
  if (source.kind === 'https') return new URL(source.url).pathname;
  return source.kind === 'local' ? source.url : `/${SSH.exec(source.url)?.[2] ?? ''}`;
}

/** What stands before the path of an SSH address, and the path. */
const SSH = /^(ssh:\/\/[^/]+\/|[^:]+:)\/?(.*)$/;

function relative(base: string, written: string): string {
  const parts = base.split('/').filter((part) => part !== '');
  for (const part of written.split('/')) {
    if (part === '..' && parts.pop() === undefined) throw refused('it leaves its host');
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The path of a whole address, which must be one of the same host. */
function pathAt(source: SourceUrl, written: string): string {
  const wanted = read(written);
  if (source.kind === 'local' || wanted.kind === 'local') {
    throw refused('only one beside the source is taken, written from it on: ../lib.git');
  }
  const [here, there] = [placeOf(source), placeOf(wanted)];
  if (here.host !== there.host || (source.kind === wanted.kind && here.port !== there.port)) {
    throw refused(`it lies at ${there.host}:${there.port}, and is fetched from the host of the source only`);
  }
  return pathOf(wanted);
}

function placeOf(source: SourceUrl): { host: string; port: number } {
  if (source.kind === 'ssh') return { host: source.host, port: source.port };
  const { hostname, port } = new URL(source.url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

/** The address of a path where the source lies. */
function at(source: SourceUrl, path: string): string {
  if (source.kind === 'local') return path;
  if (source.kind === 'ssh') {
    const [, before = ''] = SSH.exec(source.url) ?? [];
    const isFromRoot = !before.startsWith('ssh:') && source.url.startsWith(`${before}/`);
    return `${before}${isFromRoot ? path : path.slice(1)}`;
  }
  const url = new URL(source.url);
  url.pathname = path;
  return url.href;
}

const refused = (why: string): GantryError =>
  new GantryError(
    'invalid',
    'submodule-url',
    `its address in .gitmodules is refused: ${why}`,
    'write it like ../lib.git',
  );
