import { posix } from 'node:path';
import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import { WHOLE_REPOSITORY } from '../../pipelines/paths';
import { imagesOf, stagesOf } from '../docker/dockerfile';
import type { World } from '../world';
import { type AppSources, appSources } from './app-sources';
import { imageStep } from './image';
import { buildLabels } from './labels';

/** Builds the app's own Dockerfile. */
export function buildImageStep(world: World): StepKind<'build-image'> {
  return imageStep('build-image', world, (context) => build(context, world));
}

async function build(context: StepContext<'build-image'>, world: World): Promise<Json> {
  const { lease, spec, log, signal } = context;
  return context.effect<Json>({
    target: 'image',
    intent: { dockerfile: spec.dockerfile, commit: lease.run.commit },
    find: async (key) => (await world.builder.findImage(key)) as unknown as Json | undefined,
    act: async (key) => {
      const sources = await appSources(context, world);
      await ensureBases(context, world, sources);
      const built = await world.builder.buildImage({
        context: await sources.tar(spec.context),
        dockerfile: insideContext(spec, sources),
        target: spec.target,
        args: spec.args,
        app: lease.app.name,
        labels: buildLabels(context, key),
        signal,
        onLine: log,
      });
      return built as unknown as Json;
    },
  });
}

const DOCKERFILE_LIMIT_BYTES = 1024 * 1024;

/** Bases of ours that the Dockerfile names are made now when nobody needed them before. */
async function ensureBases(
  { spec, log }: StepContext<'build-image'>,
  world: World,
  sources: AppSources,
): Promise<void> {
  const text = await sources.readFile(spec.dockerfile, DOCKERFILE_LIMIT_BYTES);
  if (text !== undefined) await world.bases.ensure(imagesOf(stagesOf(text.toString('utf8'), spec.args)), log);
}

/** `gantry.yml` names the Dockerfile from its own folder, the builder from the folder that the build sees. */
function insideContext(spec: { dockerfile: string; context: string }, sources: AppSources): string {
  return spec.context === WHOLE_REPOSITORY
    ? sources.inRepository(spec.dockerfile)
    : posix.relative(spec.context, spec.dockerfile);
}
