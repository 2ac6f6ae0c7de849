import { redisLease } from '../../src/redis.ts';
import { storeContract } from '../store-contract.ts';
import { RedisStandIn } from './stand-in.ts';

const KEY_PREFIX = 'app:';

storeContract('redis over what looks like ioredis', () => {
  const redis = new RedisStandIn();
  return {
    store: redisLease({ client: redis.ioredis(KEY_PREFIX), subscriber: redis.ioredis(KEY_PREFIX) }),
    otherStore: redisLease({ client: redis.ioredis(KEY_PREFIX), subscriber: redis.ioredis(KEY_PREFIX) }),
    remove: (name) => remove(redis, `${KEY_PREFIX}holdfast:lease:{${name}}`),
    close: () => Promise.resolve(),
  };
});

storeContract('redis over what looks like node-redis', () => {
  const redis = new RedisStandIn();
  return {
    store: redisLease({ client: redis.nodeRedis(), subscriber: redis.nodeRedis() }),
    otherStore: redisLease({ client: redis.nodeRedis(), subscriber: redis.nodeRedis() }),
    remove: (name) => remove(redis, `holdfast:lease:{${name}}`),
    close: () => Promise.resolve(),
  };
});

storeContract('redis without a subscriber', () => {
  const redis = new RedisStandIn();
  return { store: redisLease({ client: redis.nodeRedis() }), close: () => Promise.resolve() };
});

/** As an operator should: with word to those who watch. */
function remove(redis: RedisStandIn, key: string): Promise<void> {
  redis.del(key);
  redis.publish(`${key}:changes`, 'deleted');
  return Promise.resolve();
}
