import type { Engine } from '../../engine/engine';
import type { MessageTaken } from '../../engine/outbox/take-message';
import type { Means } from './channel';
import { channels } from './channels';
import type { Waiting } from './send-waiting';

/** Messages that wait for channels. */
export const messages = ({ outbox }: Engine, means: Means): Waiting<string, MessageTaken> => ({
  to: () => outbox.waiting(),
  take: (channel) => outbox.take(channel),
  send: async (taken) => channels[taken.kind]({ ...taken, address: taken.address() }, means),
  settle: (taken, outcome) => outbox.settle(taken, outcome),
});
