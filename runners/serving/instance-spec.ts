import type { Environment } from '../../engine/environments/find';
import { StepFailure } from '../../engine/model/errors';
import type { InjectedFile, InstanceSpec } from '../../engine/ports/cluster';
import type { Lane } from '../../engine/ports/gateway';
import type { SecretFile } from '../../engine/ports/secrets';
import type { Release } from '../../engine/releases/find';
import { imageOfStage, type ReleaseStage } from '../../engine/releases/record';
import type { StepLease } from '../../engine/steps/lease';
import { artifactPlace } from './artifact-place';

/** One instance that a step is to have: of which release, and where. */
export interface Wanted {
  environment: Environment;
  release: Release;
  stageName: string;
  stage: ReleaseStage;
  lane: Lane;
  name: string;
  ordinal: number;
  secrets: readonly SecretFile[];
}

/** What the cluster is asked for. @param key the effect that makes it */
export function specOf(lease: StepLease, one: Wanted, key: string): InstanceSpec {
  const { serve } = one.stage;
  return {
    name: one.name,
    labels: {
      app: lease.app.name,
      environment: one.environment.name,
      run: String(lease.run.number),
      step: lease.name,
      epoch: lease.epoch,
      release: String(one.release.number),
      effect: key,
      role: 'instance',
    },
    image: imageOf(one),
    port: serve.port,
    env: {
      ...serve.env,
      GANTRY_APP: lease.app.name,
      GANTRY_RELEASE: `${lease.app.name}-${one.release.number}`,
      GANTRY_RELEASE_HASH: one.release.hash,
      GANTRY_COMMIT: one.release.record.commit,
      GANTRY_ENVIRONMENT: one.environment.name,
      PORT: String(serve.port),
    },
    inject: [...injectedArtifact(one), ...one.stage.files.map(configFile)],
    secrets: one.secrets,
    resources: serve.resources,
    stopGraceMs: serve.drain,
  };
}

/** The image that its container is made of. */
export function imageOf(one: Pick<Wanted, 'release' | 'stageName'>): string {
  const image = imageOfStage(one.release.record, one.stageName);
  if (image === null) throw new StepFailure('gantry', `release ${one.release.number} has no base to inject into`);
  return image;
}

function injectedArtifact(one: Wanted): InjectedFile[] {
  const { artifact } = one.release.record;
  if (one.stage.deliver !== 'inject' || artifact === null) return [];
  return [{ to: artifactPlace(artifact), from: { digest: artifact.digest }, mode: 0o644, verify: true }];
}

const configFile = (file: { to: string; digest: string }): InjectedFile => ({
  to: file.to,
  from: { digest: file.digest },
  mode: 0o644,
  verify: true,
});
