import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../../engine/users/identities';

/** A webhook as it came: nothing parsed, nothing re-written. */
export interface RawHook {
  headers: IncomingHttpHeaders;
  /** The very bytes that were signed. */
  body: Buffer;
}

/** Where a forge says that a ref stands now; zeros when it was deleted, empty when it does not say. */
export interface Move {
  ref: string;
  after: string;
}

/**
 * What a forge says has happened. Of all this only the names of refs are ever followed; whose push or merge it is (undefined:
 * it does not say) keeps them from deciding over it.
 */
export type ForgeEvent =
  /** At least one; most forges tell each ref by itself. */
  | { kind: 'moved'; name: string; moves: readonly Move[]; sender: Identity | undefined }
  /** Kept with the reason, and not followed. */
  | { kind: 'ignored'; name: string; reason: string };

/**
 * One forge. Each has a folder with the same three files: `signature.ts`, `event.ts`, `index.ts`. Everything here is
 * pure; the one path that all of them share is receive.ts.
 */
export interface Forge {
  /** As in the hook's address. */
  readonly name: string;
  /**
   * Does the sender know the secret? Asked before anything is parsed, answered in a time that depends on nothing but
   * the length of the body. The header is fixed for each forge: another forge's, a missing, cut or doubled one is no
   * signature, and neither is SHA-1.
   * @param now ms UTC, for signatures that carry a time
   */
  isSigned(hook: RawHook, secret: string, now: number): boolean;
  /** The forge's own name of this delivery, the same for a redelivery; undefined when it sent none. */
  deliveryId(hook: RawHook): string | undefined;
  /** @throws GantryError `hook-body` when a push is not one. */
  event(hook: RawHook): ForgeEvent;
}
