import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { RedisAtHand } from '../redis/cases.ts';

/** A server reached through one of the two libraries, and by an operator of our own. */
export interface Reached extends RedisAtHand {
  close(): Promise<void>;
}

export type Library = 'ioredis' | 'node-redis';

export async function reach(library: Library, url: string): Promise<Reached> {
  const operator = new Redis(url);
  const { client, subscriber, close } = library === 'ioredis' ? overIoredis(url) : await overNodeRedis(url);
  return {
    client,
    subscriber,
    get: async (key) => (await operator.get(key)) ?? undefined,
    set: async (key, value, ttlMs) =>
      void (await (ttlMs === undefined ? operator.set(key, value) : operator.set(key, value, 'PX', ttlMs))),
    del: async (...keys) => void (await operator.del(...keys)),
    pttl: (key) => operator.pttl(key),
    publish: async (channel, message) => void (await operator.publish(channel, message)),
    flushall: async () => void (await operator.flushall()),
    async close() {
      operator.disconnect();
      await close();
    },
  };
}

type Connections = Pick<Reached, 'client' | 'subscriber' | 'close'>;

/** As the options' docstring recommends: what cannot be sent now fails. */
function overIoredis(url: string): Connections {
  const client = new Redis(url, { autoResendUnfulfilledCommands: false, retryStrategy: () => 20 });
  const subscriber = client.duplicate();
  for (const one of [client, subscriber]) one.on('error', () => {}); // tests cut connections
  return {
    client,
    subscriber,
    close() {
      client.disconnect();
      subscriber.disconnect();
      return Promise.resolve();
    },
  };
}

async function overNodeRedis(url: string): Promise<Connections> {
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 20 } });
  const subscriber = client.duplicate({ disableOfflineQueue: false });
  for (const one of [client, subscriber]) one.on('error', () => {}); // tests cut connections
  await Promise.all([client.connect(), subscriber.connect()]);
  return {
    client,
    subscriber,
    close() {
      client.destroy();
      subscriber.destroy();
      return Promise.resolve();
    },
  };
}
