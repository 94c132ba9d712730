/**
 * Keeps what must not be read by whoever has the records alone: secrets, tokens of forges, seeds of second factors.
 * What it seals is text for a column; list the column in engine/secrets/sealed-columns.ts, so that it is sealed anew
 * when the key is changed. Safe to call at any time and from any process of the installation.
 */
export interface Vault {
  /**
   * Call it in the transaction that stores the text: then no text that an older key sealed is stored after that key went.
   * @param purpose where the text belongs, for example `secret:APP:NAME`: it opens nowhere else. It can be read.
   * @throws GantryError `secret-key` (unavailable) when this process has no key, or not the installation's
   */
  seal(purpose: string, plain: Uint8Array): string;

  /** @throws GantryError `secret-key` (unavailable): the key is not there; `sealed-damaged`: it is not what was sealed so. */
  open(purpose: string, sealed: string): Buffer;

  /** The same, sealed with the newest key. @throws as `open` */
  sealAgain(sealed: string): string;

  /** The beginning of every text that the newest key has sealed. @throws GantryError `secret-key` */
  prefix(): string;

  /** Makes a new key; what older ones sealed can still be read. @returns its id. @throws as `seal` */
  addKey(): string;

  /** Forgets every key but the newest: call it when nothing is left that they sealed. */
  forgetOldKeys(): void;

  /** Newest first. Empty when there is none. */
  keyIds(): readonly string[];
}
