import { APP_NAME_MAX, GRAY_VALUE_MAX } from './limits';

export const APP_NAME_PATTERN = `^[a-z]([a-z0-9-]{0,${APP_NAME_MAX - 2}}[a-z0-9])?$`;
export const ENV_NAME_WORDS =
  'a name of letters, digits and "_" that starts with neither a digit nor GANTRY_ (Gantry sets those itself)';
/** Runners that were given no pool, and steps that name none. */
export const DEFAULT_POOL = 'default';
export const LABEL_PATTERN = '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$';
export const ENV_NAME_PATTERN = '^(?!GANTRY_)[A-Za-z_][A-Za-z0-9_]*$';

/** BuildKit takes some of its own arguments as orders: BUILDKIT_SYNTAX names a program that it fetches and builds with. */
export const BUILD_ARGUMENT_PATTERN = '^(?!GANTRY_|BUILDKIT_)[A-Za-z_][A-Za-z0-9_]*$';
export const BUILD_ARGUMENT_WORDS =
  'a name of letters, digits and "_" that starts with neither a digit nor GANTRY_ nor BUILDKIT_ (orders to the builder)';

/** A file below `/run/secrets`: no name that is hidden or leads elsewhere. */
export const SECRET_NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_.-]{0,63}$';
export const SECRET_NAME_WORDS =
  'a name of at most 64 letters, digits, "_", "-" and "." that starts with a letter, such as DB_PASSWORD';

/** Name of a request header or of a cookie: a token (RFC 9110), shorter than any that is in use. */
export const HEADER_PATTERN = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$";
/** Value of a header or cookie that a rule waits for: visible ASCII, blanks only inside, nothing that ends a cookie. */
export const GRAY_VALUE_PATTERN = `^(?! )[ !#-+\\--:<-\\[\\]-~]{1,${GRAY_VALUE_MAX}}(?<! )$`;

/** Names that a host, a folder or a lane of Gantry's own already has. */
export const RESERVED_APP_NAMES = [
  'admin',
  'api',
  'build',
  'gantry',
  'gateway',
  'git',
  'gray',
  'localhost',
  'production',
  'stable',
  'test',
  'warm',
  'www',
] as const;

/** Step names without a stage; a stage of that name could not be told from them. */
export const RESERVED_STAGE_NAMES = [
  'build',
  'build-artifact',
  'build-image',
  'command',
  'layer-image',
  'plan',
  'seal',
  'stable',
  'take-artifact',
  'take-image',
  'warm',
] as const;

/** What an app name must look like, as said in messages. */
export const APP_NAME_WORDS = `a DNS label: a-z, 0-9 and "-", starting with a letter, not ending with "-", at most ${APP_NAME_MAX} characters`;

/** Why `name` cannot be an app's name, as a sentence; null when it can. */
export function appNameProblem(name: string): string | null {
  if (!new RegExp(APP_NAME_PATTERN).test(name)) return `"${name.slice(0, 80)}" is not ${APP_NAME_WORDS}.`;
  if ((RESERVED_APP_NAMES as readonly string[]).includes(name)) {
    return `"${name}" is reserved for Gantry itself. Choose another name; reserved are: ${RESERVED_APP_NAMES.join(', ')}.`;
  }
  return null;
}
