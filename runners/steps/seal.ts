import { Readable } from 'node:stream';
import { StepFailure } from '../../engine/model/errors';
import { hashOf } from '../../engine/model/hash';
import type { StepKind, StepWork } from '../../engine/ports/step-kind';
import { RELEASE_FORMAT, type ReleaseRecord, type ReleaseStage } from '../../engine/releases/record';
import type { Plan, StageSpec } from '../../pipelines/types';
import type { World } from '../world';
import { type AppSources, appSources } from './app-sources';
import { artifactOf, imageOf } from './built';
import { sealGray } from './seal-gray';

/** Largest configuration file that may travel with a release. */
const CONFIG_LIMIT_BYTES = 4 * 1024 * 1024;

/** Writes the release: from here on every step names digests, never tags or paths. */
export function sealStep(world: World): StepKind<'seal'> {
  return {
    kind: 'seal',
    run: async (context) => {
      if (context.plan === undefined) throw new StepFailure('gantry', 'there is no plan to seal');
      const record = await makeRecord(context, world, context.plan);
      const release = await context.engine.releases.seal(context.lease, record);
      context.log(`release ${release.number} of ${context.lease.app.name}: ${release.hash}`);
      return { end: 'succeeded', output: { release: release.number, hash: release.hash } };
    },
    inspect: async () => ({ found: 'nothing' }), // sealing is one transaction: it is there, or it is not
    undo: async (context) => {
      await context.engine.releases.withdraw(context.lease);
      return { end: 'succeeded', output: null };
    },
  };
}

async function makeRecord(context: StepWork, world: World, plan: Plan): Promise<ReleaseRecord> {
  const artifact = await artifactOf(context);
  const built = await imageOf(context);
  if (built === undefined) throw new StepFailure('gantry', 'no build step left an image');
  const stages: Record<string, ReleaseStage> = {};
  const sources = await appSources(context, world);
  for (const stage of plan.stages) stages[stage.name] = await makeStage(context, { sources, world }, stage);
  return {
    format: RELEASE_FORMAT,
    app: context.lease.app.name,
    commit: context.lease.run.commit,
    pipelineHash: plan.pipelineHash,
    artifact: artifact === undefined ? null : { ...artifact },
    image: { id: built.imageId, size: built.size },
    baseId: artifact === undefined ? null : built.baseId,
    stages,
  };
}

async function makeStage(
  context: StepWork,
  { sources, world }: { sources: AppSources; world: World },
  stage: StageSpec,
): Promise<ReleaseStage> {
  const files: ReleaseStage['files'] = [];
  for (const file of stage.serve.files) {
    const bytes = await sources.readFile(file.from, CONFIG_LIMIT_BYTES);
    if (bytes === undefined) {
      throw new StepFailure(
        'user',
        `stage ${stage.name} wants the file ${file.from}, which this commit does not have`,
        'add it, or take it out of serve.files',
      );
    }
    const { digest } = await world.bytes.put(Readable.from([bytes]), CONFIG_LIMIT_BYTES);
    files.push({ to: file.to, digest });
  }
  return {
    deliver: stage.deliver,
    serve: stage.serve,
    files,
    configDigest: `sha256:${hashOf({ env: stage.serve.env, files })}`,
    ...(stage.gray === null ? {} : { gray: await sealGray(context, sources, stage.gray) }),
  };
}
