import type { Tables } from '../store/tables';

type Column = { [T in keyof Tables]: readonly [table: T, column: keyof Tables[T] & string] }[keyof Tables];

/** Every column with text of the vault: a new key seals them anew. Null, and text that is not sealed, stays. */
export const SEALED_COLUMNS: readonly Column[] = [
  ['secrets', 'sealed'],
  ['channels', 'sealed'],
  ['app_sources', 'token'],
  ['app_sources', 'secret'],
  ['app_sources', 'earlier_secret'],
  ['deploy_keys', 'private_key'],
  ['second_factors', 'seed'],
];
