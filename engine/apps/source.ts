import { readExtras } from '../extras/extras';
import type { Extra } from '../extras/names';
import type { AppId } from '../model/ids';
import { Recent } from '../model/recent';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import type { Tables } from '../store/tables';
import { keyPurpose } from './deploy-key';
import { readHostKey } from './host-key';
import { openSource } from './source-secrets';

/** What anybody who may see the app may see: never the token, never the secret. */
export interface SourceShown {
  url: string;
  hasToken: boolean;
  connectedAt: number;
  /** By which an SSH host proves who it is: `SHA256:…`; null for every other source. */
  hostKey: string | null;
  /** Until when the secret of before the last rotation is good, too; null: it is not. */
  earlierSecretUntil: number | null;
  /** When its heads were last compared with what was delivered; null before the first time. */
  comparedAt: number | null;
  /** Why that did not go well the last time; empty when it did. */
  problem: string;
  /** What is fetched beside its commits. */
  extras: Extra[];
}

/** Where the app's commits come from; null when nothing was connected. */
export async function showSource(parts: EngineParts, appId: AppId): Promise<SourceShown | null> {
  const row = await parts.store.read
    .selectFrom('app_sources')
    .leftJoin('source_looks as l', 'l.app_id', 'app_sources.app_id')
    .select([
      'app_sources.url',
      'token',
      'host_key',
      'earlier_until',
      'connected_at',
      'extras',
      'l.looked_at',
      'l.reason',
    ])
    .where('app_sources.app_id', '=', appId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    url: row.url,
    hasToken: row.token !== null,
    connectedAt: row.connected_at,
    hostKey: readHostKey(row.host_key ?? '')?.fingerprint ?? null,
    earlierSecretUntil: (row.earlier_until ?? 0) > parts.clock.now() ? row.earlier_until : null,
    comparedAt: row.looked_at,
    problem: row.reason ?? '',
    extras: readExtras(row.extras),
  };
}

/** For checking a signature only: the secret, and the one before it while it is good. */
export interface HookSecrets {
  appId: AppId;
  secret: string;
  earlier: string | null;
}

/** Undefined when there is no such app, or it has no source: then there is no hook. */
export async function hookSecretOf(parts: EngineParts, app: string): Promise<HookSecrets | undefined> {
  const [row] = await secretsByName(parts.store.read, { app });
  if (row === undefined) return undefined;
  const { id, secret, earlier_secret, earlier_until } = row;
  const open = (text: string) => openHookSecret(parts, id, text);
  const isGood = earlier_secret !== null && (earlier_until ?? 0) > parts.clock.now();
  return { appId: id, secret: open(secret), earlier: isGood ? open(earlier_secret) : null };
}

/** Secrets of hooks that were opened last, by app and sealed text: opening one takes as long as storing its webhook. */
const opened = new WeakMap<EngineParts['vault'], Recent<string, string>>();
const OPENED_MAX = 256;

function openHookSecret(parts: EngineParts, app: AppId, sealed: string): string {
  const known = opened.get(parts.vault) ?? new Recent<string, string>(OPENED_MAX);
  opened.set(parts.vault, known);
  const key = `${app} ${sealed}`;
  return known.get(key) ?? known.put(key, openSource(parts, 'hook', app, sealed));
}

type SealedSecrets = Pick<Tables['app_sources'], 'secret' | 'earlier_secret' | 'earlier_until'>;

const secretsByName = statement<{ app: string }, SealedSecrets & { id: AppId }>((db, argument) =>
  db
    .selectFrom('app_sources')
    .innerJoin('apps', 'apps.id', 'app_sources.app_id')
    .select(['apps.id', 'app_sources.secret', 'earlier_secret', 'earlier_until'])
    .where('apps.name', '=', argument('app')),
);

/** What a `git` that fetches needs to know. */
export interface SourceToFetch {
  url: string;
  token: string | null;
  /** For an SSH address: the app's private key, and the only key that the host may show. */
  ssh: { privateKey: string; hostKey: string } | null;
}

/** Of every app that has one, by name. */
export const sourceUrls = (parts: EngineParts): Promise<{ app: string; url: string }[]> =>
  parts.store.read
    .selectFrom('app_sources')
    .innerJoin('apps', 'apps.id', 'app_sources.app_id')
    .select(['apps.name as app', 'app_sources.url'])
    .orderBy('apps.name')
    .execute();

/** For fetching only. */
export async function sourceOf(parts: EngineParts, appId: AppId): Promise<SourceToFetch | undefined> {
  const row = await parts.store.read
    .selectFrom('app_sources')
    .leftJoin('deploy_keys as k', 'k.app_id', 'app_sources.app_id')
    .select(['app_sources.url', 'token', 'host_key', 'k.private_key'])
    .where('app_sources.app_id', '=', appId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { url, token, host_key, private_key } = row;
  const sealed = host_key === null || private_key === null ? null : { private_key, host_key };
  return {
    url,
    token: token === null ? null : openSource(parts, 'token', appId, token),
    ssh: sealed && {
      privateKey: parts.vault.open(keyPurpose(appId), sealed.private_key).toString('utf8'),
      hostKey: sealed.host_key,
    },
  };
}
