import type { EngineParts } from '../parts';
import type { Client } from './enter';
import { findToken } from './find';
import { beginSession, type SessionBegun } from './session';

/** A browser in which somebody pasted a token; undefined when nobody has it. */
export async function signInByToken(
  parts: EngineParts,
  token: string,
  client: Client,
): Promise<SessionBegun | undefined> {
  const found = await findToken(parts, token);
  if (found === undefined) return undefined;
  const { user } = found.principal;
  return parts.store.write((tx) =>
    beginSession(parts, tx, { user, kind: 'browser', proof: 'token', token, ...client }),
  );
}
