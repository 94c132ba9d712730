import type { ServeSpec } from '../../pipelines/types';

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
}
