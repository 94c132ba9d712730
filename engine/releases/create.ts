import type { Given, PlanSource } from '../../pipelines/types';
import { type AppFound, findApp } from '../apps/find';
import { recordAudit } from '../audit/record';
import { NO_COMMIT } from '../deliveries/accept';
import { deliveredHeads } from '../deliveries/heads';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import type { RegistryCredentials } from '../ports/builder';
import { ringAll } from '../runs/apply';
import { createRun } from '../runs/create';
import { demandRoom } from '../runs/room';
import { holdCredentials } from './credentials';

export interface ReleaseWanted {
  app: string;
  given: Given;
  /** Text of a pipeline; without it the one at the head of the app's default branch. */
  pipeline?: string | undefined;
  /** For an image of a registry that asks. */
  credentials?: RegistryCredentials | undefined;
}

export interface ReleaseStarted {
  app: string;
  run: number;
}

/** Branches that the pipelines of an app are looked for on, the first one first. */
const DEFAULT_BRANCHES = ['main', 'master'];

/**
 * Starts a run whose release is not built: its file was uploaded, or its image comes from elsewhere. From `seal` on it
 * is a run like any other: tested, approved, shared and promoted.
 * @throws GantryError `app-unknown`, `artifact-unknown`, `image-moves`, `no-pipeline`, `too-many-runs`.
 */
export async function createRelease(parts: EngineParts, wanted: ReleaseWanted, actor: Actor): Promise<ReleaseStarted> {
  const { given, pipeline, credentials } = wanted;
  const app = await findApp(parts, wanted.app);
  if (given.kind === 'image') demandDigest(given.ref);
  else if (!(await parts.bytes.has(given.digest))) throw notUploaded(given.digest);
  const head = await defaultHead(parts, app);
  if (head === undefined && pipeline === undefined) throw noPipeline(app.name);
  const spec: PlanSource = {
    given,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(credentials === undefined ? {} : { withCredentials: true }),
  };
  const title = given.kind === 'image' ? given.ref : given.name;
  const created = await parts.store.write(async (tx) => {
    await demandRoom(parts, tx, app);
    const run = await createRun(parts, tx, app, {
      trigger: 'release',
      ref: head?.ref ?? `refs/heads/${DEFAULT_BRANCHES[0]}`,
      commit: head?.commit ?? NO_COMMIT,
      ...{ title, author: '', startedBy: actor },
      steps: [{ name: 'plan', kind: 'plan', role: 'build', stage: 'build', verb: 'run', spec, timeoutMs: 60_000 }],
    });
    if (credentials !== undefined) await holdCredentials(parts, tx, run.row.id, credentials);
    await recordAudit(parts, tx, {
      chain: app.name,
      actor,
      action: 'release.create',
      object: `${app.name}#${run.row.number}`,
      detail: { given, ownPipeline: pipeline !== undefined, withCredentials: credentials !== undefined },
    });
    return run;
  });
  await ringAll(parts, created.hints);
  return { app: app.name, run: created.row.number };
}

/** The commit whose pipeline counts: that of the app's repository. */
async function defaultHead(parts: EngineParts, app: AppFound): Promise<{ ref: string; commit: string } | undefined> {
  const owner = app.repository === app.name ? app : await findApp(parts, app.repository);
  const heads = await deliveredHeads(parts, owner.id);
  for (const branch of DEFAULT_BRANCHES) {
    const ref = `refs/heads/${branch}`;
    const commit = heads.get(ref);
    if (commit !== undefined && commit !== NO_COMMIT) return { ref, commit };
  }
  return undefined;
}

/** A name or a tag may be another image tomorrow. */
function demandDigest(ref: string): void {
  if (/^(?:[^@\s]+@)?sha256:[0-9a-f]{64}$/.test(ref)) return;
  throw new GantryError(
    'invalid',
    'image-moves',
    `"${ref.slice(0, 200)}" names no digest, so it may be another image tomorrow`,
    'write registry/name@sha256:…, or the ID of an image on this machine (docker image inspect shows both)',
  );
}

function notUploaded(digest: string): GantryError {
  return new GantryError(
    'not-found',
    'artifact-unknown',
    `there are no bytes ${digest.slice(0, 80)}`,
    'upload them first',
  );
}

function noPipeline(app: string): GantryError {
  return new GantryError(
    'conflict',
    'no-pipeline',
    `${app} has no commit on ${DEFAULT_BRANCHES.join(' or ')} that a pipeline could be read from`,
    'give one: --pipeline FILE, or push the repository',
  );
}
