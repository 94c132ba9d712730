import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface NpmSettings {
  /** Folder that keeps what was fetched. */
  cacheFolder: string;
  /** npm's own program (`npm-cli.js`), run by this Node; without it `npm` is looked for in PATH. */
  npmCli?: string;
}

/**
 * The archive of an npm package, fetched once by npm itself, so that the user's own registry, proxy and credentials
 * (`.npmrc`) are used, and npm checks the bytes.
 * @param spec exact name and version, for example `npm@11.21.2`
 * @returns path of the `.tgz`
 */
export async function npmPackage(spec: string, settings: NpmSettings): Promise<string> {
  const folder = join(settings.cacheFolder, 'packages');
  const kept = join(folder, `${spec.replaceAll('/', '-').replace('@', '-')}.tgz`);
  if (await exists(kept)) {
    return kept;
  }
  await mkdir(folder, { recursive: true });
  const fetched = await mkdtemp(join(folder, 'fetch-'));
  try {
    const pack = ['pack', spec, '--silent', '--pack-destination', fetched];
    const [program, args] =
      settings.npmCli === undefined ? ['npm', pack] : [process.execPath, [settings.npmCli, ...pack]];
    await run(program, args, { cwd: fetched, timeout: 300_000 });
    const [file] = await readdir(fetched);
    if (file === undefined) {
      throw new Error('npm wrote no file');
    }
    await rename(join(fetched, file), kept);
    return kept;
  } catch (cause) {
    const reason = (cause as Error).message.trim().split('\n').slice(-3).join(' ');
    throw new Error(
      `The npm package ${spec}, part of a base image, could not be fetched (${reason}). ` +
        `Check the registry with: npm view ${spec} version`,
      { cause },
    );
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.size > 0,
    () => false,
  );
}
