import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { buildImage, type ContextFile } from './build-image';
import { withBuildLock } from './build-lock';
import { type BuildSettings, proxyVariables } from './build-settings';
import { hostCertificates } from './certificates';
import { mavenFile } from './maven-file';
import { npmPackage } from './npm-package';
import { type Progress, startProgress } from './progress';
import { recipeHash } from './recipe-hash';
import { type BaseRecipe, baseTag, planBases, USUAL_BASES } from './recipes';
import { rootFilesystem } from './root-filesystem';

export const RECIPE_LABEL = 'gantry.recipe';
export const BASE_LABEL = 'gantry.base';
/** The root of all bases has no image ID before it is there; its name stands for it. */
const ROOT_IDENTITY = 'debian:bookworm';
const CERTIFICATES_FILE = 'host-certificates.pem';

export interface BaseBuildOptions {
  docker: Docker;
  /** `fixtures/bases`. */
  recipesFolder: string;
  /** Keeps fetched packages between builds. */
  cacheFolder: string;
  settings: BuildSettings;
  /** Which bases; default: those that everybody needs. Their own bases are built first. */
  names?: readonly string[];
  npmCli?: string;
  /** What programs that are started for a build inherit (PATH above all). */
  environment: NodeJS.ProcessEnv;
  onLine: (line: string) => void;
}

export interface BuiltBase {
  name: string;
  tag: string;
  imageId: string;
  /** True when an image was made, false when the one that was there still fits its recipe. */
  built: boolean;
  ms: number;
}

/**
 * Makes sure that base images are there and fit their recipes. Safe to repeat; an image that fits costs one look.
 * Bases on the same level are built in parallel. All are tried; then the first failure is thrown.
 */
export async function buildBases(options: BaseBuildOptions): Promise<BuiltBase[]> {
  const recipes = planBases(options.names ?? USUAL_BASES);
  const certificates = await hostCertificates(options.settings.caBundle);
  const begun = new Map<string, Promise<BuiltBase>>();
  for (const recipe of recipes) {
    const base = recipe.from === null ? undefined : begun.get(recipe.from);
    begun.set(
      recipe.name,
      (async () => ensureBase(recipe, (await base)?.imageId ?? ROOT_IDENTITY, certificates, options))(),
    );
  }
  const ended = await Promise.allSettled(begun.values());
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
  return ended.filter((each) => each.status === 'fulfilled').map((each) => each.value);
}

async function ensureBase(
  recipe: BaseRecipe,
  baseImage: string,
  certificates: string,
  options: BaseBuildOptions,
): Promise<BuiltBase> {
  const begun = performance.now();
  const folder = join(options.recipesFolder, recipe.name);
  if (!existsSync(join(folder, 'Dockerfile'))) {
    throw new Error(`The base "${recipe.name}" has no recipe: ${join(folder, 'Dockerfile')} is missing.`);
  }
  const hash = await recipeHash({
    folder,
    base: baseImage,
    certificates: recipe.from === null ? certificates : '',
    packages: [
      ...Object.entries(recipe.packages ?? {}).map(([file, spec]) => `${file}=${spec}`),
      ...Object.entries(recipe.downloads ?? {}).map(([file, { path, sha256 }]) => `${file}=${path} ${sha256}`),
    ],
  });
  const tag = baseTag(recipe.name);
  const found = await labelled(options.docker, tag);
  const made =
    found?.recipe === hash
      ? { imageId: found.id, built: false }
      : await rebuild({ recipe, folder, hash, certificates }, options);
  return { name: recipe.name, tag, ...made, ms: Math.round(performance.now() - begun) };
}

/** What one build needs to know beside the options of all. */
interface Build {
  recipe: BaseRecipe;
  folder: string;
  hash: string;
  certificates: string;
}

async function rebuild(build: Build, options: BaseBuildOptions): Promise<{ imageId: string; built: boolean }> {
  const { name } = build.recipe;
  const progress = startProgress(name, options.onLine);
  try {
    return await withBuildLock(
      `base-${name}`,
      () => progress.line('waiting for another process that builds it'),
      async () => {
        const old = await labelled(options.docker, baseTag(name));
        if (old?.recipe === build.hash) {
          return { imageId: old.id, built: false };
        }
        progress.say(old === undefined ? 'building' : 'the recipe changed, building again');
        const imageId = await make(build, options, progress);
        await removeOld(options.docker, old?.id, imageId);
        progress.say('done');
        return { imageId, built: true };
      },
    );
  } finally {
    progress.stop();
  }
}

async function make(build: Build, options: BaseBuildOptions, progress: Progress): Promise<string> {
  const { recipe, folder, hash, certificates } = build;
  const { docker, settings } = options;
  const files: ContextFile[] = recipe.from === null ? [{ name: CERTIFICATES_FILE, text: certificates }] : [];
  for (const [name, spec] of Object.entries(recipe.packages ?? {})) {
    progress.line(`fetching ${spec}`);
    files.push({ name, path: await npmPackage(spec, options) });
  }
  for (const [name, file] of Object.entries(recipe.downloads ?? {})) {
    progress.line(`fetching ${file.path}`);
    files.push({ name, path: await mavenFile(file, { ...options, certificates }) });
  }
  const onLine = progress.line.bind(progress);
  const root =
    recipe.from === null
      ? await rootFilesystem(docker, settings, options.environment, onLine)
      : { reference: baseTag(recipe.from), release: async () => undefined };
  try {
    return await buildImage({
      docker,
      tag: baseTag(recipe.name),
      folder,
      buildArgs: { BASE: root.reference, ...proxyVariables(settings) },
      labels: { [RECIPE_LABEL]: hash, [BASE_LABEL]: recipe.name },
      files,
      onLine,
    });
  } finally {
    await root.release();
  }
}

/** The image behind a tag with the recipe it was made from; undefined when the tag is free. */
async function labelled(docker: Docker, tag: string): Promise<{ id: string; recipe: string | undefined } | undefined> {
  try {
    const found = await docker.getImage(tag).inspect();
    return { id: found.Id, recipe: found.Config.Labels?.[RECIPE_LABEL] };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) {
      return undefined;
    }
    throw error;
  }
}

/** A former version goes when nothing uses it; one that a container or another image needs stays until then. */
async function removeOld(docker: Docker, old: string | undefined, current: string): Promise<void> {
  if (old === undefined || old === current) {
    return;
  }
  const found = await docker.getImage(old).inspect();
  if ((found.RepoTags ?? []).length > 0) {
    return;
  }
  await docker
    .getImage(old)
    .remove()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 409 && error.statusCode !== 404) {
        throw error;
      }
    });
}
