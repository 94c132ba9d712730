import { recordAudit } from '../audit/record';
import type { EngineParts } from '../parts';
import type { Action } from './actions';

/** Somebody asked for what they may not. */
export interface Refused {
  user: string;
  /** The address as a pattern: `POST /api/v1/apps/:app/rollback`. */
  route: string;
  action: Action;
  /** Name of the app; null for what concerns none. */
  app: string | null;
}

/** Writes down that somebody was refused. How often that is written is up to whoever calls. */
export async function noteRefused(parts: EngineParts, { user, route, action, app }: Refused): Promise<void> {
  const entry = { actor: `user:${user}`, action: 'access.refused', object: route, detail: { needs: action } };
  await parts.store.write((tx) => recordAudit(parts, tx, { chain: app ?? 'system', ...entry }));
}
