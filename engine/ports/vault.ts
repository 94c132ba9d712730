/**
 * Keeps what must not be read by whoever has the records alone: secrets, tokens of forges, seeds of second factors.
 * What it seals is text for a column; list the column in engine/secrets/sealed-columns.ts, so that it is sealed anew
 * when the key is changed. Safe to call at any time and from any process of the installation.
 */
export interface Vault {
  /**
   * Called by `sealIn` (engine/store/vault-key.ts), which reads in the same transaction which key seals now.
   * @param purpose where the text belongs, for example `secret:APP:NAME`: it opens nowhere else. It can be read.
   * @param key id of the key that the records name; undefined while they name none: the newest one
   * @throws GantryError `secret-key` (unavailable) when this process does not have it
   */
  seal(purpose: string, plain: Uint8Array, key: string | undefined): string;

  /** @throws GantryError `secret-key` (unavailable): the key is not there; `sealed-damaged`: it is not what was sealed so. */
  open(purpose: string, sealed: string): Buffer;

  /** The same, sealed with this key. @throws as `open` and `seal` */
  sealAgain(sealed: string, key: string): string;

  /** Makes a new key, which seals once the records name it. @returns its id. @throws as `seal` */
  addKey(): string;

  /** Forgets every key but the newest: call it when nothing is left that they sealed, and the newest one seals. */
  forgetOldKeys(): void;

  /** Newest first. Empty when there is none. */
  keyIds(): readonly string[];
}
