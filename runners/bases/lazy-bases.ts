import type Docker from 'dockerode';
import { messageOf, StepFailure } from '../../engine/model/errors';
import { type BaseBuildOptions, buildBases } from './build-bases';
import { baseOfImage, baseTag } from './recipes';

/** Bases that are made when an app first names them. */
export interface Bases {
  /**
   * Makes those of the images that are bases of ours and are not there; all others are left alone. May be called from
   * several steps and processes at once.
   * @throws StepFailure (world) when one cannot be made
   */
  ensure(images: readonly string[], onLine: (line: string) => void): Promise<void>;
}

export function lazyBases(options: Omit<BaseBuildOptions, 'names' | 'onLine'>): Bases {
  return {
    ensure: async (images, onLine) => {
      const named = images.map(baseOfImage).filter((name) => name !== undefined);
      const there = await Promise.all(named.map((name) => isThere(options.docker, baseTag(name))));
      const names = named.filter((_, index) => there[index] === false);
      if (names.length > 0) await build({ ...options, names, onLine });
    },
  };
}

async function isThere(docker: Docker, tag: string): Promise<boolean> {
  try {
    await docker.getImage(tag).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

async function build(options: BaseBuildOptions & { names: readonly string[] }): Promise<void> {
  options.onLine(`${options.names.map(baseTag).join(', ')}: not here yet, being built once for all apps`);
  try {
    await buildBases(options);
  } catch (error) {
    throw new StepFailure('world', messageOf(error), `try it alone: gantry bases build ${options.names.join(' ')}`, {
      cause: error,
    });
  }
}
