import { sql } from 'kysely';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { ensureDeployKey } from './deploy-keys';
import { findOwner } from './find-connected';
import { checkHookSecret, freshHookSecret } from './hook-secret';
import { demandHostKey } from './host-key';
import { pinnedKey } from './pinned-key';
import { type SourceSecret, sealSource } from './source-secrets';
import { readSourceUrl, type SourceUrl } from './source-url';

export interface SourceWanted {
  app: string;
  url: string;
  /** What the forge asks for; none when the repository is public, local or fetched by SSH. An earlier one is forgotten. */
  token?: string;
  /** The secret of the hook when the forge made it. */
  secret?: string;
  /** Replaces the secret that there is. */
  newSecret?: boolean;
  /** By which the host of an SSH address proves who it is: `ssh-ed25519 AAAA…`. The one that is pinned when left out. */
  hostKey?: string;
}

export interface SourceConnected {
  app: string;
  url: string;
  hasToken: boolean;
  /** Null when the app had one and keeps it: it is told once, when it is made. */
  secret: string | null;
  /** What an SSH source must let in; null for every other one. */
  publicKey: string | null;
}

/**
 * Says where an app's commits are fetched from when its forge calls. Connecting again replaces address and token, and
 * makes fetches that failed before due at once.
 * Apps of one repository have one source, connected for the app whose remote it is.
 * @throws GantryError `app-unknown`, `source-shared`, `source-url`, `source-token`, `hook-secret`, `host-key`.
 */
export async function connectApp(parts: EngineParts, wanted: SourceWanted, actor: Actor): Promise<SourceConnected> {
  const source = readSourceUrl(wanted.url);
  const token = checkToken(wanted.token, source.kind);
  const given = checkHookSecret(wanted.secret);
  const fresh = given ?? freshHookSecret(parts);
  return parts.store.write(async (tx) => {
    const app = await findOwner(tx, wanted.app);
    const known = await tx.selectFrom('app_sources').selectAll().where('app_id', '=', app.id).executeTakeFirst();
    const keeps = known !== undefined && given === undefined && wanted.newSecret !== true;
    const seal = (what: SourceSecret, plain: string) => sealSource(parts, tx, what, { id: app.id, plain });
    const values = {
      url: source.url,
      token: token === null ? null : await seal('token', token),
      // An app that is connected with another secret on purpose keeps none of before.
      ...(keeps ? {} : { secret: await seal('hook', fresh), earlier_secret: null, earlier_until: null }),
      host_key: hostKeyFor(source, wanted.hostKey, known),
      connected_at: parts.clock.now(),
      connected_by: actor,
    };
    await write(tx, app.id, values, known);
    const publicKey = source.kind === 'ssh' ? await ensureDeployKey(parts, tx, app, actor) : null;
    await retryNow(tx, app.id);
    const detail = {
      url: source.url,
      hasToken: token !== null,
      secret: keeps ? 'kept' : 'new',
      hostKey: values.host_key,
    };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.connect', object: app.name, detail });
    return { app: app.name, url: source.url, hasToken: token !== null, secret: keeps ? null : fresh, publicKey };
  });
}

type Source = Tables['app_sources'];

async function write(
  tx: Tx,
  appId: Source['app_id'],
  values: Omit<Source, 'app_id' | 'extras' | 'secret' | 'earlier_secret' | 'earlier_until'> & Partial<Source>,
  known: Source | undefined,
): Promise<void> {
  if (known !== undefined) {
    await tx.updateTable('app_sources').set(values).where('app_id', '=', appId).execute();
    return;
  }
  const none = { extras: '', secret: '', earlier_secret: null, earlier_until: null };
  await tx
    .insertInto('app_sources')
    .values({ app_id: appId, ...none, ...values })
    .execute();
}

/** The pinned key of a host stays until another one is given; one of another host is none. */
function hostKeyFor(source: SourceUrl, given: string | undefined, known: Source | undefined): string | null {
  if (source.kind !== 'ssh') {
    if (given === undefined) return null;
    throw new GantryError('invalid', 'host-key', 'only an SSH source has the key of a host', 'leave it out');
  }
  const key = given === undefined ? pinnedKey(source, known) : demandHostKey(given).text;
  if (key !== undefined) return key;
  const message = `no key of ${source.host} is pinned, so that it could be anybody`;
  throw new GantryError('invalid', 'host-key', message, 'give it: --host-key SHA256:…');
}

async function retryNow(tx: Tx, appId: Tables['apps']['id']): Promise<void> {
  await tx
    .updateTable('hook_deliveries')
    .set({ not_before: 0 })
    .where('app_id', '=', appId)
    .where('outcome', '=', sql.lit('pending' as const))
    .execute();
  await tx.updateTable('source_looks').set({ not_before: 0 }).where('app_id', '=', appId).execute();
}

function checkToken(token: string | undefined, kind: SourceUrl['kind']): string | null {
  if (token === undefined) return null;
  if (kind === 'local') throw noToken('a path on this machine takes no token');
  if (kind === 'ssh') throw noToken('an SSH source takes no token: Gantry makes a key for it');
  if (/^[\x21-\x7e]{1,1000}$/.test(token)) return token;
  throw new GantryError(
    'invalid',
    'source-token',
    'the token is empty, or has signs that no token has',
    'copy it again',
  );
}

const noToken = (message: string): GantryError =>
  new GantryError('invalid', 'source-token', message, 'leave the token out');
