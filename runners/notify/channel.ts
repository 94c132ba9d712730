import type { Address } from '../../engine/outbox/address';
import type { Outcome } from '../../engine/outbox/line';
import type { Message } from '../../engine/outbox/message';
import type { Outgoing } from '../../outgoing/outgoing';
import type { Mailer } from './mailer';

/** What channels send with. */
export interface Means {
  outgoing: Outgoing;
  /** Undefined: nobody has said by which server mail is sent. */
  mailer: Mailer | undefined;
  /** ms UTC */
  now(): number;
}

/** One message on its way to one channel. */
export interface Delivery {
  /** The same for a repetition. */
  id: string;
  message: Message;
  address: Address;
}

/**
 * A way to reach people. Called for one delivery at a time of a channel; a delivery may come again, with the same id.
 * Ends within `DELIVERY_MS`, mail within `MAIL_MS`. What goes wrong is an outcome or an error of the guard; both are tried again.
 */
export type Channel = (delivery: Delivery, means: Means) => Promise<Outcome>;
