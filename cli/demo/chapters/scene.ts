import type { Checks } from '../checks';
import type { Demo } from '../demo';
import type { App } from '../fixture';
import type { Call } from '../forge';
import type { Visitor } from '../visits';

/** What the chapters of `--check` share: each finds the world as the one before left it. */
export interface Scene extends Demo {
  checks: Checks;
  /** Ends the waits of the chapters. */
  stop: AbortSignal;
  /** Number of the run that carried this version: `ledger v2`. */
  runs: Map<string, number>;
  /** Those who came while version 2 was gray, with what they met first. */
  crowds: Map<App, Visitor[]>;
  /** Where ledger's commits are fetched from, and how its forge calls; undefined until it is connected. */
  forge?: { folder: string; call: Call };
}

/** Asks Gantry's own HTTP interface as anybody could. @returns status and text */
export async function ask(
  { house, stop }: Scene,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${house.client.url}${path}`, { headers, redirect: 'manual', signal: stop });
  return { status: response.status, text: await response.text() };
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
