import { LABEL_PATTERN, SECRET_NAME_PATTERN, SECRET_NAME_WORDS } from '../../pipelines/names';
import { GantryError, StepFailure } from '../model/errors';
import type { AppId } from '../model/ids';

/** One value, bytes. Docker's own limit for a secret is near it, and the longest chains of certificates fit. */
export const SECRET_BYTES_MAX = 65_536;
/** Shorter ones occur in any output: they could not be masked without making logs unreadable. */
export const SECRET_BYTES_MIN = 8;
export const SECRETS_PER_APP_MAX = 100;
/** All the values that one step is given, bytes: what finds them in its log is made of them at once. */
export const STEP_SECRETS_BYTES_MAX = 65_536;

/** Where a secret is given: builds and every environment but production, or one stage alone. */
export const EVERYWHERE = '';
export const PRODUCTION = 'production';

/** What the vault binds a value to: no row's value opens in another row. */
export const secretPurpose = (app: AppId, environment: string, name: string): string =>
  `secret:${app}:${environment}:${name}`;

/** @throws GantryError `secret-name` */
export function checkSecretName(name: string): void {
  if (new RegExp(SECRET_NAME_PATTERN).test(name)) return;
  const message = `${JSON.stringify(name.slice(0, 80))} is no name of a secret`;
  throw new GantryError('invalid', 'secret-name', message, `it is ${SECRET_NAME_WORDS}`);
}

/** @throws GantryError `secret-environment` */
export function checkSecretEnvironment(environment: string): void {
  if (environment === EVERYWHERE) return;
  if (environment === 'gray') {
    const message = 'gray is a slot beside production, and is given the same secrets';
    throw new GantryError('invalid', 'secret-environment', message, 'set it for production');
  }
  if (new RegExp(LABEL_PATTERN).test(environment)) return;
  const message = `${JSON.stringify(environment.slice(0, 80))} is no name of an environment`;
  throw new GantryError('invalid', 'secret-environment', message, 'name a stage of the pipeline, such as test');
}

/** @throws GantryError `secret-short`, `secret-large` */
export function checkSecretValue(value: Uint8Array): void {
  // Ends of lines are not masked, since logs are made of lines.
  const kept = value.filter((byte) => byte !== 0x0a && byte !== 0x0d).length;
  if (kept < SECRET_BYTES_MIN) {
    const message = `the secret has ${kept} bytes; one shorter than ${SECRET_BYTES_MIN} cannot be masked in logs`;
    throw new GantryError('invalid', 'secret-short', message, 'choose a longer one');
  }
  if (value.length <= SECRET_BYTES_MAX) return;
  const message = `the secret has ${value.length} bytes, and ${SECRET_BYTES_MAX} is the limit`;
  throw new GantryError('invalid', 'secret-large', message, 'keep what is large elsewhere, and the key to it here');
}

/**
 * @param what in words: `command unit`
 * @param sizes of the values, bytes
 * @throws StepFailure (user) when they are too much for one step
 */
export function checkStepSecrets(what: string, sizes: readonly number[]): void {
  const sum = sizes.reduce((all, size) => all + size, 0);
  if (sum <= STEP_SECRETS_BYTES_MAX) return;
  const message = `the secrets of ${what} have ${sum} bytes together, and ${STEP_SECRETS_BYTES_MAX} is the limit for one step`;
  throw new StepFailure('user', message, 'name fewer, or keep what is large elsewhere, and the key to it here');
}

/** `PASSWORD of storefront in production`, for people. */
export const secretWords = (app: string, environment: string, name: string): string =>
  `${name} of ${app}${environment === EVERYWHERE ? '' : ` in ${environment}`}`;
