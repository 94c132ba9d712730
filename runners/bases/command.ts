import type Docker from 'dockerode';
import { BASE_LABEL, type BaseBuildOptions, buildBases, RECIPE_LABEL } from './build-bases';
import { baseTag, RECIPES } from './recipes';

const USAGE = 'usage: bases build [NAME…] | bases list [--json] | bases remove [NAME…]';

/**
 * `bases build|list|remove`.
 * @returns the exit status: 0 done, 1 failed, 2 wrong words
 */
export async function basesCommand(
  args: readonly string[],
  options: Omit<BaseBuildOptions, 'names' | 'onLine'>,
  print: (line: string) => void,
): Promise<number> {
  const [verb = 'list', ...rest] = args;
  const names = rest.filter((arg) => !arg.startsWith('--'));
  try {
    switch (verb) {
      case 'build':
        return await build(names, options, print);
      case 'list':
        return await list(rest.includes('--json'), options.docker, print);
      case 'remove':
        return await remove(names, options.docker, print);
      default:
        print(USAGE);
        return 2;
    }
  } catch (error) {
    print(unreachable(error) ?? (error as Error).message);
    return 1;
  }
}

async function build(
  names: readonly string[],
  options: Omit<BaseBuildOptions, 'names' | 'onLine'>,
  print: (line: string) => void,
): Promise<number> {
  const bases = await buildBases({ ...options, onLine: print, ...(names.length > 0 ? { names } : {}) });
  for (const base of bases) {
    print(`base ${base.name}: ${base.built ? 'built' : 'up to date'} (${base.ms} ms), ${base.tag}`);
  }
  return 0;
}

export interface ListedBase {
  name: string;
  tag: string;
  purpose: string;
  /** Null when the image is not there. */
  imageId: string | null;
  recipe: string | null;
  /** Bytes. */
  size: number | null;
}

/** Every base with the image that is there for it now. */
export async function listBases(docker: Docker): Promise<ListedBase[]> {
  const images = await docker.listImages({ filters: { label: [BASE_LABEL] } });
  return RECIPES.map(({ name, purpose }) => {
    const tag = baseTag(name);
    const image = images.find((each) => each.RepoTags?.includes(tag));
    return {
      name,
      tag,
      purpose,
      imageId: image?.Id ?? null,
      recipe: image?.Labels[RECIPE_LABEL] ?? null,
      size: image?.Size ?? null,
    };
  });
}

async function list(json: boolean, docker: Docker, print: (line: string) => void): Promise<number> {
  const bases = await listBases(docker);
  if (json) {
    print(JSON.stringify(bases));
    return 0;
  }
  for (const base of bases) {
    const state = base.size === null ? 'not built' : `${Math.round(base.size / 1e6)} MB`;
    print(`${base.tag.padEnd(24)} ${state.padStart(9)}  ${base.purpose}`);
  }
  return 0;
}

/** Removes the images of bases; one that is in use stays and is named. */
async function remove(names: readonly string[], docker: Docker, print: (line: string) => void): Promise<number> {
  let left = 0;
  const wanted = names.length > 0 ? names : RECIPES.map((recipe) => recipe.name).reverse();
  for (const base of (await listBases(docker)).filter((each) => wanted.includes(each.name) && each.imageId !== null)) {
    try {
      await docker.getImage(base.tag).remove();
      print(`removed ${base.tag}`);
    } catch (error) {
      left += 1;
      print(`left ${base.tag}: ${(error as Error).message}`);
    }
  }
  return left === 0 ? 0 : 1;
}

function unreachable(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'EACCES') {
    return undefined;
  }
  return `Docker does not answer (${(error as Error).message}). Start it, or name its socket in DOCKER_HOST.`;
}
