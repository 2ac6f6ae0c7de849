import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { redisLease } from '../../src/redis.ts';
import { storeContract } from '../store-contract.ts';
import type { StoreEnvironment } from '../store-contract.ts';
import { withEngine } from './engine.ts';

withEngine('redis', ['HOLDFAST_REDIS_URL'], (url = '') => {
  storeContract('redis over ioredis', () => openIoredis(url));
  storeContract('redis over node-redis', () => openNodeRedis(url));
});

function openIoredis(url: string): StoreEnvironment {
  const clients = Array.from({ length: 4 }, () => new Redis(url, { keyPrefix: 'contract:' }));
  const [client, subscriber, otherClient, otherSubscriber] = clients as [Redis, Redis, Redis, Redis];
  return {
    store: redisLease({ client, subscriber }),
    otherStore: redisLease({ client: otherClient, subscriber: otherSubscriber }),
    async remove(name) {
      await client.del(`holdfast:lease:{${name}}`);
      await client.publish(`contract:holdfast:lease:{${name}}:changes`, 'deleted');
    },
    async close() {
      await Promise.all(clients.map((one) => one.quit()));
    },
  };
}

async function openNodeRedis(url: string): Promise<StoreEnvironment> {
  const client = createClient({ url });
  const [subscriber, otherClient, otherSubscriber] = [client.duplicate(), client.duplicate(), client.duplicate()];
  const clients = [client, subscriber, otherClient, otherSubscriber];
  await Promise.all(clients.map((one) => one.connect()));
  return {
    store: redisLease({ client, subscriber, prefix: 'node:' }),
    otherStore: redisLease({ client: otherClient, subscriber: otherSubscriber, prefix: 'node:' }),
    async remove(name) {
      await client.del(`node:{${name}}`);
      await client.publish(`node:{${name}}:changes`, 'deleted');
    },
    async close() {
      await Promise.all(clients.map((one) => one.close()));
    },
  };
}
