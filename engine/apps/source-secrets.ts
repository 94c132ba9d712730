import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { sealIn } from '../store/vault-key';

/** What a source is asked with, and what its hooks are signed with: sealed in its columns. */
export type SourceSecret = 'token' | 'hook';

const purposeOf = (what: SourceSecret, appId: AppId): string => `source-${what}:${appId}`;

export const sealSource = (
  { vault }: EngineParts,
  tx: Tx,
  what: SourceSecret,
  { id, plain }: { id: AppId; plain: string },
): Promise<string> => sealIn(tx, vault, purposeOf(what, id), Buffer.from(plain));

/** Text of before there was a vault is as it was given; it is sealed when the app is connected again. */
export function openSource({ vault }: EngineParts, what: SourceSecret, appId: AppId, text: string): string {
  return isSealed(text) ? vault.open(purposeOf(what, appId), text).toString('utf8') : text;
}

/** No token and no secret of a hook has a dot after this word. */
const isSealed = (text: string): boolean => text.startsWith('sealed1.');
