import { StepFailure } from '../../engine/model/errors';
import type { Plan } from '../../pipelines/types';
import { baseOfImage, baseTag, RECIPES } from '../bases/recipes';
import { type ServletAge, servletAge } from '../workspace/servlet-age';
import { type ArchiveKind, checkArchive } from '../workspace/zip';

/**
 * Whether the bases of a plan can serve a WAR or EAR, seen before anything is started.
 * @throws StepFailure (user) that names what is wrong, and a base that would fit
 */
export async function checkArtifact(path: string, kind: ArchiveKind, plan: Plan | undefined): Promise<void> {
  await checkArchive(path, kind);
  if (kind !== 'war') return;
  const age = await servletAge(path);
  const bases = new Set(plan?.stages.map(({ serve }) => serve.base ?? '') ?? []);
  for (const base of bases) demandAge(base, age);
}

function demandAge(base: string, age: ServletAge | undefined): void {
  const served = ageOf(base);
  if (age === undefined || served === undefined || served === age) return;
  const fitting = RECIPES.filter((recipe) => recipe.servlets === age).map(({ name }) => baseTag(name).split(':')[0]);
  throw new StepFailure(
    'user',
    `the WAR is made for ${age}.servlet, and ${base} serves ${served}.servlet: each of its servlets would be missing`,
    `write "serve: { base: ${fitting[0]} }" in gantry.yml${fitting.length > 1 ? ` (or ${fitting.slice(1).join(', ')})` : ''}, or build the WAR for ${served}.servlet`,
  );
}

const ageOf = (base: string): ServletAge | undefined =>
  RECIPES.find(({ name }) => name === baseOfImage(base))?.servlets;
