import { repositoryPathProblem } from '../paths';
import { DEFAULT_HEALTH, type Finding, portFrom, type RepositoryFile, textOf } from './finding';

const DEFAULT_PORT = 8080;

/** An app with a Dockerfile at the root, or with exactly one in the repository. */
export function findDockerfile(files: readonly RepositoryFile[]): Finding | null {
  const all = files.map((file) => file.path).filter((path) => /(^|\/)Dockerfile$/.test(path));
  const path = all.includes('Dockerfile') ? 'Dockerfile' : all.length === 1 ? all[0] : undefined;
  if (path === undefined || repositoryPathProblem(path) !== null) return null;
  const context = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
  return imageFinding(textOf(files, path) ?? '', path, context, [`There is a ${path}: the app builds its own image.`]);
}

/** What the text of a Dockerfile tells about the running app. */
export function imageFinding(text: string, dockerfile: string, context: string, why: string[]): Finding {
  const exposed = [...text.matchAll(/^[ \t]*EXPOSE[ \t]+([0-9]{1,5})/gim)].at(-1)?.[1];
  const checked = /^[ \t]*HEALTHCHECK\b[^\n]*?https?:\/\/[^\s/"']+(\/[A-Za-z0-9._~/-]{1,200})/im.exec(text)?.[1];
  const port = portFrom(exposed, DEFAULT_PORT);
  return {
    why: [
      ...why,
      exposed === undefined ? `No EXPOSE line: port ${port} is a guess.` : `Port ${port} is what it exposes.`,
      checked === undefined
        ? `No HEALTHCHECK with an address: ${DEFAULT_HEALTH} is a guess.`
        : `Health path ${checked} is what its HEALTHCHECK asks.`,
    ],
    origin: { kind: 'image', dockerfile, context, suggested: [] },
    port,
    healthPath: checked ?? DEFAULT_HEALTH,
    test: null,
  };
}
