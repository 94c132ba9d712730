import type { Exchange, Side } from '../ports/exchange';
import { WireChannel } from './channel';

/** An exchange inside one process, for tests, and for processes that carry no sessions. */
export function localExchange(): Exchange {
  const ends = new Map<string, WireChannel>();
  const listeners: (() => void)[] = [];
  return {
    state: () => 'up',
    ring: async () => {
      for (const heard of listeners) heard();
    },
    listen: async (heard) => void listeners.push(heard),
    join: async (session, side) => {
      const channel: WireChannel = new WireChannel(
        // In a turn of its own, as from another process.
        async (bytes) => void setImmediate(() => ends.get(`${session} ${otherOf(side)}`)?.receive(bytes)),
        () => ends.delete(`${session} ${side}`),
      );
      ends.set(`${session} ${side}`, channel);
      return channel;
    },
    close: async () => {
      await Promise.all([...ends.values()].map((channel) => channel.close()));
    },
  };
}

export const otherOf = (side: Side): Side => (side === 'person' ? 'instance' : 'person');
