/** A value on its way into a container. It is never in a record, a log, or an answer. */
export interface SecretFile {
  name: string;
  value: Buffer;
}

export interface SecretsWanted {
  /** As the pipeline names them. */
  names: readonly string[];
  /** Where they are for: gray and production have production's. Null for a build. */
  stage: { name: string; production: boolean } | null;
  /** What they are put into; left out where it is a command of the run's own. */
  release?: { id: string; runId: string };
}
