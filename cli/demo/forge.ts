import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { House } from './house';

/** A call as GitHub makes it. */
export interface Call {
  address: string;
  /** GitHub's own number of it: the same one when it is sent again. */
  delivery: string;
  /** What it is signed with. */
  secret: string;
}

/** Tells of a push of this commit to main. Everything else in the body is another repository's, and not to be used. */
export function pushBody({ settings }: { settings: Pick<House['settings'], 'root'> }, commit: string): string {
  const recorded = readFileSync(join(settings.root, 'fixtures', 'hooks', 'github-push.json'), 'utf8');
  const body = JSON.parse(recorded) as Record<string, unknown>;
  return JSON.stringify({ ...body, ref: 'refs/heads/main', after: commit });
}

/** @returns status, and what the answer says */
export async function callHook(
  { address, delivery, secret }: Call,
  body: string,
  stop: AbortSignal,
): Promise<{ status: number; said: Record<string, unknown> }> {
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
    signal: stop,
  });
  return { status: response.status, said: (await response.json()) as Record<string, unknown> };
}
