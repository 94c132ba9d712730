import { Secret, TOTP } from 'otpauth';
import { CODE_PERIOD_S, CODE_WINDOW } from './limits';

/** Codes of an authenticator app: SHA-1, 6 digits, 30 s, since that is what all of them can do. */
const totp = (seed: Uint8Array, label: string): TOTP =>
  new TOTP({
    issuer: 'Gantry',
    label,
    period: CODE_PERIOD_S,
    secret: new Secret({ buffer: new Uint8Array(seed).buffer }),
  });

/** Number of the period whose code this is, around `now`; null: of none. */
export function periodOf(seed: Uint8Array, code: string, now: number): number | null {
  const delta = totp(seed, '').validate({ token: code, timestamp: now, window: CODE_WINDOW });
  return delta === null ? null : Math.floor(now / (CODE_PERIOD_S * 1000)) + delta;
}

/** What an authenticator app reads from a picture, and what a person types instead. */
export function enrolment(seed: Uint8Array, name: string): { uri: string; secret: string } {
  const one = totp(seed, name);
  return { uri: one.toString(), secret: one.secret.base32 };
}
