import { describe } from 'vitest';
import { redisCases } from './cases.ts';
import type { RedisAtHand } from './cases.ts';
import { RedisStandIn } from './stand-in.ts';

/** The stand-in's own methods, as promises. */
function atHand(redis: RedisStandIn, connections: Pick<RedisAtHand, 'client' | 'subscriber'>): RedisAtHand {
  return {
    ...connections,
    get: (key) => Promise.resolve(redis.get(key)),
    set: (key, value, ttlMs) => Promise.resolve(redis.set(key, value, ttlMs)),
    del: (...keys) => Promise.resolve(redis.del(...keys)),
    pttl: (key) => Promise.resolve(redis.pttl(key)),
    publish: (channel, message) => Promise.resolve(redis.publish(channel, message)),
    flushall: () => Promise.resolve(redis.flushall()),
  };
}

describe('over what looks like ioredis', () => {
  const redis = new RedisStandIn();
  const hand = atHand(redis, { client: redis.ioredis(), subscriber: redis.ioredis() });
  redisCases(() => hand);
});

describe('over what looks like node-redis', () => {
  const redis = new RedisStandIn();
  const hand = atHand(redis, { client: redis.nodeRedis(), subscriber: redis.nodeRedis() });
  redisCases(() => hand);
});
