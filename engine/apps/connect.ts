import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { type AppFound, findAppIn } from './find';
import { readSourceUrl } from './source-url';

export interface SourceWanted {
  app: string;
  url: string;
  /** What the forge asks for; none when the repository is public or local. An earlier one is forgotten. */
  token?: string;
  /** The secret of the hook when the forge made it. */
  secret?: string;
  /** Replaces the secret that there is. */
  newSecret?: boolean;
}

export interface SourceConnected {
  app: string;
  url: string;
  hasToken: boolean;
  /** Null when the app had one and keeps it: it is told once, when it is made. */
  secret: string | null;
}

/**
 * Says where an app's commits are fetched from when its forge calls. Connecting again replaces address and token, and
 * makes fetches that failed before due at once.
 * Apps of one repository have one source, connected for the app whose remote it is.
 * @throws GantryError `app-unknown`, `source-shared`, `source-url`, `source-token`, `hook-secret`.
 */
export async function connectApp(parts: EngineParts, wanted: SourceWanted, actor: Actor): Promise<SourceConnected> {
  const { url, kind } = readSourceUrl(wanted.url);
  const token = checkToken(wanted.token, kind);
  const given = checkSecret(wanted.secret);
  // The form of Standard Webhooks: GitLab's signing token is this text, and every other forge takes any.
  const fresh = given ?? `whsec_${parts.random.bytes(32).toString('base64')}`;
  return parts.store.write(async (tx) => {
    const app = await findAppIn(tx, wanted.app);
    refuseShared(app);
    const known = await tx.selectFrom('app_sources').select('secret').where('app_id', '=', app.id).executeTakeFirst();
    const keeps = known !== undefined && given === undefined && wanted.newSecret !== true;
    const values = { url, token, secret: keeps ? known.secret : fresh, connected_at: parts.clock.now() };
    await tx
      .insertInto('app_sources')
      .values({ app_id: app.id, connected_by: actor, ...values })
      .onConflict((c) => c.column('app_id').doUpdateSet({ connected_by: actor, ...values }))
      .execute();
    await retryNow(tx, app.id);
    const detail = { url, hasToken: token !== null, secret: keeps ? 'kept' : 'new' };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.connect', object: app.name, detail });
    return { app: app.name, url, hasToken: token !== null, secret: keeps ? null : values.secret };
  });
}

function refuseShared({ name, repository, repository_id }: AppFound): void {
  if (repository_id === null) return;
  const message = `${name} lies in the repository of ${repository}, and is fetched with it`;
  throw new GantryError('conflict', 'source-shared', message, `connect that one: gantry app connect ${repository}`);
}

async function retryNow(tx: Tx, appId: Tables['apps']['id']): Promise<void> {
  await tx
    .updateTable('hook_deliveries')
    .set({ not_before: 0 })
    .where('app_id', '=', appId)
    .where('outcome', '=', 'pending')
    .execute();
}

function checkToken(token: string | undefined, kind: 'https' | 'local'): string | null {
  if (token === undefined) return null;
  if (kind === 'local') {
    throw new GantryError('invalid', 'source-token', 'a path on this machine takes no token', 'leave the token out');
  }
  if (/^[\x21-\x7e]{1,1000}$/.test(token)) return token;
  throw new GantryError(
    'invalid',
    'source-token',
    'the token is empty, or has signs that no token has',
    'copy it again',
  );
}

function checkSecret(secret: string | undefined): string | undefined {
  if (secret === undefined || /^[\x21-\x7e]{16,200}$/.test(secret)) return secret;
  throw new GantryError(
    'invalid',
    'hook-secret',
    'the secret of a hook is 16 to 200 letters, digits and signs, without spaces',
    'let Gantry make one: leave it out',
  );
}
