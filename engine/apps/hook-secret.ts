import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';

/** The form of Standard Webhooks: GitLab's signing token is this text, and every other forge takes any. */
export const freshHookSecret = ({ random }: Pick<EngineParts, 'random'>): string =>
  `whsec_${Buffer.from(random.bytes(32)).toString('base64')}`;

/** @throws GantryError `hook-secret`. */
export function checkHookSecret(secret: string | undefined): string | undefined {
  if (secret === undefined || /^[\x21-\x7e]{16,200}$/.test(secret)) return secret;
  throw new GantryError(
    'invalid',
    'hook-secret',
    'the secret of a hook is 16 to 200 letters, digits and signs, without spaces',
    'let Gantry make one: leave it out',
  );
}
