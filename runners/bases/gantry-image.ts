import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RunnerSettings } from '../../settings';
import { baseOptions } from './base-options';
import { buildBases } from './build-bases';
import { buildImage } from './build-image';
import { proxyVariables } from './build-settings';
import { baseTag } from './recipes';

/** What Gantry runs from; `web` is a link into `dist` in the image. */
const PROGRAM = ['dist', 'fixtures/bases', 'packaging', 'package.json'];
/** What packages bring along for compilers and people. */
const UNUSED = /(\.d\.[cm]?ts|\.map|\.md|\.ts|\.flow)$/;
/** Folders that only a compile needs, what only benches need, and notes of the launcher about this machine. */
const UNUSED_PATHS =
  /^(node_modules\/(nodegit\/(vendor|src|include|build\/vendor)|better-sqlite3\/(deps|src)|uglify-js)|dist\/(bench|\.[^/]*))(\/|$)/;

/**
 * `image [NAME:TAG]`: builds the image of Gantry itself on `gantry/debian`, with the Node that runs this. Prints its
 * name, ID and size.
 */
export async function imageMain(settings: RunnerSettings, args: readonly string[]): Promise<number> {
  const options = baseOptions(settings);
  const onLine = (line: string) => void process.stderr.write(`${line}\n`);
  const tag = args[0] ?? `gantry/gantry:${settings.version}`;
  await buildBases({ ...options, names: ['debian'], onLine });
  const imageId = await buildImage({
    docker: options.docker,
    tag,
    folder: settings.root,
    dockerfile: 'packaging/image/Dockerfile',
    only: {
      entries: [...PROGRAM, ...productionModules(settings.root)],
      without: (path) => isUnused(relative(settings.root, path)),
    },
    buildArgs: { BASE: baseTag('debian'), ...proxyVariables(options.settings) },
    labels: { 'org.opencontainers.image.title': 'Gantry', 'org.opencontainers.image.version': settings.version },
    files: [{ name: 'node', path: process.execPath }],
    onLine,
  });
  const { Size: size } = await options.docker.getImage(imageId).inspect();
  process.stdout.write(`${tag} ${imageId} ${Math.round(size / 1e6)} MB\n`);
  return 0;
}

/** Folders of the modules that Gantry needs when it runs, by the lock file. */
export function productionModules(root: string): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  return (
    Object.entries(lock.packages)
      .filter(([path, { dev }]) => path.startsWith('node_modules/') && dev !== true)
      // Of optional ones npm takes those that are for this machine: a password's hash is such a native part.
      .filter(([path, { optional }]) => optional !== true || existsSync(join(root, path)))
      .map(([path]) => path)
      .filter((path, _i, all) => !all.some((other) => path.startsWith(`${other}/node_modules/`)))
  );
}

const isUnused = (path: string): boolean => UNUSED.test(path) || UNUSED_PATHS.test(path);
