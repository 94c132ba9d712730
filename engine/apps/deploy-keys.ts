import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { sealIn } from '../store/vault-key';
import { keyPurpose, makeDeployKey } from './deploy-key';
import { type AppFound, findApp } from './find';
import { findOwner } from './find-connected';

export interface DeployKeyShown {
  app: string;
  /** For the forge: `ssh-ed25519 AAAA… gantry-APP`. */
  publicKey: string;
  createdAt: number;
}

/**
 * The key that an SSH source must let in. Never its private part.
 * @throws GantryError `app-unknown`, `key-none`.
 */
export async function showDeployKey(parts: EngineParts, name: string): Promise<DeployKeyShown> {
  const app = await findApp(parts, name);
  const row = await parts.store.read
    .selectFrom('deploy_keys')
    .select(['public_key', 'created_at'])
    .where('app_id', '=', app.repository_id ?? app.id)
    .executeTakeFirst();
  if (row !== undefined) return { app: app.repository, publicKey: row.public_key, createdAt: row.created_at };
  const next = `make it: gantry app key ${app.repository} --new`;
  throw new GantryError('not-found', 'key-none', `${app.repository} has no deploy key yet`, next);
}

/**
 * Makes a deploy key; one that there was is forgotten, and is to be removed at the forge.
 * @throws GantryError `app-unknown`, `source-shared`.
 */
export async function renewDeployKey(parts: EngineParts, name: string, actor: Actor): Promise<DeployKeyShown> {
  return parts.store.write(async (tx) => {
    const app = await findOwner(tx, name);
    await tx.deleteFrom('deploy_keys').where('app_id', '=', app.id).execute();
    const publicKey = await insertKey(parts, tx, app, actor);
    return { app: app.name, publicKey, createdAt: parts.clock.now() };
  });
}

/** The public key of an app, made when it has none. */
export async function ensureDeployKey(parts: EngineParts, tx: Tx, app: AppFound, actor: Actor): Promise<string> {
  const known = await tx.selectFrom('deploy_keys').select('public_key').where('app_id', '=', app.id).executeTakeFirst();
  return known?.public_key ?? insertKey(parts, tx, app, actor);
}

async function insertKey(parts: EngineParts, tx: Tx, app: AppFound, actor: Actor): Promise<string> {
  const { publicKey, privateKey } = makeDeployKey(parts.random, app.name);
  const sealed = await sealIn(tx, parts.vault, keyPurpose(app.id), Buffer.from(privateKey));
  const made = { created_at: parts.clock.now(), created_by: actor };
  await tx
    .insertInto('deploy_keys')
    .values({ app_id: app.id, public_key: publicKey, private_key: sealed, ...made })
    .execute();
  const detail = { publicKey };
  await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.key', object: app.name, detail });
  return publicKey;
}
