import type { IdentitySpec, ServeSpec } from '../../pipelines/types';
import type { GrayRule } from '../ports/gateway';

/** Version of the shape below; stored with each release. */
export const RELEASE_FORMAT = 1;

/** What a release is, by digests only. Its hash covers all of it. */
export interface ReleaseRecord {
  format: typeof RELEASE_FORMAT;
  app: string;
  commit: string;
  pipelineHash: string;
  /** The WAR/EAR; null for an app that builds its own image. */
  artifact: { digest: string; name: string; size: number; kind: 'war' | 'ear' | 'file' } | null;
  /** The production image: built by Dockerfile, or the artifact as one layer on its base. */
  image: { id: string; size: number };
  /** Image ID of the base container that artifacts are injected into; null for an app with its own image. */
  baseId: string | null;
  stages: Record<string, ReleaseStage>;
}

export interface ReleaseStage {
  deliver: 'image' | 'inject';
  serve: ServeSpec;
  /** Configuration files of the repository, by digest, each with its place in the container. */
  files: { to: string; digest: string }[];
  /** sha256 over environment and files: the configuration of this stage. */
  configDigest: string;
  /** Who meets the release in gray, lists of users by their digest; only in the stage gray, and since Gantry 0.2. */
  gray?: { rules: GrayRule[]; identity: IdentitySpec | null };
}

/** The stage whose settings production's instances have: gray's, since gray's instances become production's. */
export function productionStage(record: ReleaseRecord): string {
  const names = Object.keys(record.stages);
  return names.includes('gray') ? 'gray' : (names.at(-1) ?? 'production');
}

/** The image that a stage's containers are made of; null when the record has none for it. */
export function imageOfStage(record: ReleaseRecord, stageName: string): string | null {
  return record.stages[stageName]?.deliver === 'inject' ? record.baseId : record.image.id;
}
