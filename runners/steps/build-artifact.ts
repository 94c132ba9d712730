import { StepFailure } from '../../engine/model/errors';
import type { Json } from '../../engine/model/hash';
import type { CommandEnd } from '../../engine/ports/builder';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { checkArtifact } from './check-artifact';
import { runUserCommand } from './run-command';

export interface ArtifactOutput {
  digest: string;
  name: string;
  size: number;
  kind: 'war' | 'ear' | 'file';
}

/** Runs the build in a container, takes the one file that it promised, checks and seals it. */
export function buildArtifactStep(world: World): StepKind<'build-artifact'> {
  return {
    kind: 'build-artifact',
    run: async (context) => ({ end: 'succeeded', output: await build(context, world) }),
    inspect: async () => ({ found: 'partly' }), // a half build is built again: bytes are named by content
    undo: async () => ({ end: 'succeeded', output: null }), // the bytes stay until they are collected
  };
}

async function build(context: StepContext<'build-artifact'>, world: World): Promise<Json> {
  const { lease, spec, log } = context;
  const output = await context.effect<Json>({
    target: 'artifact',
    intent: { run: spec.run, in: spec.in, commit: lease.run.commit },
    find: async () => undefined,
    act: async (key) => taken(await runUserCommand(context, world, key, spec, { take: spec.take })) as unknown as Json,
  });
  const artifact = output as unknown as ArtifactOutput;
  if (artifact.kind !== 'file')
    await checkArtifact(await world.bytes.file(artifact.digest), artifact.kind, context.plan);
  await context.engine.releases.sealArtifact(lease, { ...artifact, builtIn: spec.in });
  log(`sealed ${artifact.name}: ${artifact.digest} (${artifact.size} bytes)`);
  return output;
}

function taken(ended: CommandEnd): ArtifactOutput {
  if (ended.taken === null) throw new StepFailure('user', 'the build left no artifact', 'check build.artifact.take');
  const { name, digest, size } = ended.taken;
  const kind = name.endsWith('.war') ? 'war' : name.endsWith('.ear') ? 'ear' : 'file';
  return { name: name.split('/').at(-1) ?? name, digest, size, kind };
}
