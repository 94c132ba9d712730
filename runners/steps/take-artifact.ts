import { stat } from 'node:fs/promises';
import type { StepContext, StepKind, StepResult } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { checkArtifact } from './check-artifact';

/** Instead of a build: checks and seals the file that was uploaded. */
export function takeArtifactStep(world: World): StepKind<'take-artifact'> {
  return {
    kind: 'take-artifact',
    run: (context) => take(context, world),
    inspect: async () => ({ found: 'nothing' }), // looking at a file changes nothing
    undo: async () => ({ end: 'succeeded', output: null }), // the bytes stay until they are collected
  };
}

async function take(
  { engine, lease, spec, log, plan }: StepContext<'take-artifact'>,
  world: World,
): Promise<StepResult> {
  const path = await world.bytes.file(spec.digest);
  await checkArtifact(path, spec.kind, plan);
  const { size } = await stat(path);
  await engine.releases.sealArtifact(lease, { ...spec, size, builtIn: null });
  log(`sealed ${spec.name}, as it was given: ${spec.digest} (${size} bytes)`);
  return { end: 'succeeded', output: { ...spec, size } };
}
