import type { Redis } from 'ioredis';
import { GantryError } from '../model/errors';
import type { Exchange } from '../ports/exchange';
import type { Logger } from '../ports/logger';
import { lost, WireChannel } from './channel';
import { connect, HANGING_MS } from './connection';
import { otherOf } from './local-exchange';

const PREFIX = 'gantry-exchange';
const RING = `${PREFIX}:ring`;
/** How long a session that is asked for waits for Redis, ms. */
const READY_MS = 1_500;

/**
 * The exchange on Redis' publish and subscribe: one connection to say and one to hear, both made at the first use.
 * Redis keeps nothing of it. A message that a lost connection swallowed is a gap in the numbers, and ends its session.
 */
export function connectExchange(redisUrl: string, log: Logger): Exchange {
  let links: Links | undefined;
  const open = (): Links => {
    links ??= makeLinks(redisUrl, log);
    return links;
  };
  return {
    state: () => (links === undefined || links.ready() ? 'up' : 'down'),
    ring: async () => {
      await open()
        .say(RING, Buffer.alloc(0))
        .catch(() => undefined); // runners look into SQL as well
    },
    listen: (heard) => open().hear(RING, heard),
    join: async (session, side) => {
      const { say, hear, forget, channels, untilReady } = open();
      await untilReady();
      const own = `${PREFIX}:${session}:${side}`;
      const channel = new WireChannel(
        (bytes) => say(`${PREFIX}:${session}:${otherOf(side)}`, bytes),
        () => {
          channels.delete(channel);
          forget(own);
        },
      );
      channels.add(channel);
      await hear(own, (bytes) => channel.receive(bytes));
      return channel;
    },
    close: async () => {
      await Promise.all([...(links?.channels ?? [])].map((channel) => channel.close()));
      links?.disconnect();
    },
  };
}

interface Links {
  readonly channels: Set<WireChannel>;
  ready(): boolean;
  /** @throws GantryError `exchange-down`. */
  untilReady(): Promise<void>;
  say(topic: string, bytes: Buffer): Promise<void>;
  hear(topic: string, heard: (bytes: Buffer) => void): Promise<void>;
  forget(topic: string): void;
  disconnect(): void;
}

function makeLinks(redisUrl: string, log: Logger): Links {
  const speaker = connect(redisUrl, log, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    socketTimeout: HANGING_MS,
  });
  // Commands wait for the connection. Left to itself it would subscribe again, too, and nobody would catch what it throws.
  const hearer = connect(redisUrl, log, { maxRetriesPerRequest: null, autoResubscribe: false });
  const topics = new Map<string, (bytes: Buffer) => void>();
  const channels = new Set<WireChannel>();
  hearer.on('ready', () => {
    // Lost once more meanwhile: the next connection does it.
    if (topics.size > 0) hearer.subscribe(...topics.keys()).catch(() => undefined);
  });
  hearer.on('messageBuffer', (topic: Buffer, bytes: Buffer) => topics.get(topic.toString('utf8'))?.(bytes));
  for (const link of [speaker, hearer]) {
    link.on('close', () => {
      for (const channel of channels) channel.fail(lost('Redis does not answer'));
    });
  }
  const ready = () => speaker.status === 'ready' && hearer.status === 'ready';
  return {
    channels,
    ready,
    untilReady: async () => {
      if (!ready()) await Promise.all([untilReady(speaker), untilReady(hearer)]);
    },
    say: async (topic, bytes) => void (await speaker.publish(topic, bytes)),
    hear: async (topic, heard) => {
      topics.set(topic, heard);
      await hearer.subscribe(topic);
    },
    forget: (topic) => {
      topics.delete(topic);
      // While it is away there is nothing to take back: a new connection subscribes to what is left.
      if (hearer.status === 'ready') hearer.unsubscribe(topic).catch(() => undefined);
    },
    disconnect: () => {
      speaker.disconnect();
      hearer.disconnect();
    },
  };
}

function untilReady(link: Redis): Promise<void> {
  if (link.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      link.off('ready', done);
    };
    const done = (): void => {
      stop();
      resolve();
    };
    const timer = setTimeout(() => {
      stop();
      reject(down());
    }, READY_MS);
    link.on('ready', done);
  });
}

const down = (): GantryError =>
  new GantryError(
    'unavailable',
    'exchange-down',
    'nobody can look into an instance now: Redis does not answer, and it carries the bytes',
    'start Redis; what serves, and every run, goes on without it',
  );
