import { hash, verify } from '@node-rs/argon2';
import { GantryError } from '../model/errors';
import type { Random } from '../ports/clock';
import { COMMON_WORDS } from './common-passwords';
import { ARGON2, PASSWORD_MAX, PASSWORD_MIN } from './limits';

/** Hashes are made and compared in threads of their own, so that nobody else waits for them. */
export const hashPassword = (random: Random, password: string): Promise<string> =>
  hash(password.normalize('NFKC'), { ...ARGON2, salt: random.bytes(16) });

/** Is it this one? Where there is no hash it takes as long as with one. */
export async function isPassword(random: Random, stored: string | undefined, given: string): Promise<boolean> {
  decoy ??= hashPassword(random, 'nobody has this password');
  const right = await verify(stored ?? (await decoy), given.slice(0, PASSWORD_MAX).normalize('NFKC'));
  return right && stored !== undefined;
}

let decoy: Promise<string> | undefined;

/** What speaks against a new password; null: nothing. @param name of whose it is */
export function passwordProblem(password: string, name: string): string | null {
  const length = [...password].length;
  if (length < PASSWORD_MIN) return `it has ${length} characters, and ${PASSWORD_MIN} are the least`;
  if (length > PASSWORD_MAX) return `it has ${length} characters, and ${PASSWORD_MAX} are the most`;
  const plain = asWord(password);
  if (COMMON_WORDS.has(plain) || COMMON_WORDS.has(password.toLowerCase())) return 'it is one of the most common ones';
  if (new Set(password).size < 5) return 'it is made of too few different characters';
  if (isSequence(password)) return 'it is a row of the keyboard or of the alphabet';
  if (isMostly(password, name)) return 'it is little more than the name';
  return null;
}

/** @throws GantryError `password-weak` */
export function demandGoodPassword(password: string, name: string): void {
  const problem = passwordProblem(password, name);
  if (problem === null) return;
  throw new GantryError('invalid', 'password-weak', `this password is not taken: ${problem}`, 'choose another one');
}

const LETTERS: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's' };

/** `P4ssw0rd!2026` → `password`: without digits and signs at its ends, with letters for those between. */
function asWord(text: string): string {
  const inner = /[a-z@$].*[a-z]|[a-z]/.exec(text.toLowerCase())?.[0] ?? '';
  return inner.replace(/[^a-z]/g, (sign) => LETTERS[sign] ?? '');
}

/** The name, and fewer than four other letters. */
function isMostly(password: string, name: string): boolean {
  const low = password.toLowerCase();
  return low.includes(name.toLowerCase()) && low.replaceAll(name.toLowerCase(), '').replace(/\P{L}/gu, '').length < 4;
}

const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890123456789', '1234567890', 'qwertyuiopasdfghjklzxcvbnm'];

function isSequence(text: string): boolean {
  const plain = text.toLowerCase();
  const back = [...plain].reverse().join('');
  return ROWS.some((row) => `${row}${row}`.includes(plain) || `${row}${row}`.includes(back));
}
