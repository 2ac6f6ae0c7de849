import type { Cluster, Redis } from 'ioredis';
import type { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis';
import { expectTypeOf, test } from 'vitest';
import type { RedisClient, RedisSubscriber } from '../../src/redis.ts';

test('what ioredis and node-redis make fits without a cast', () => {
  expectTypeOf<Redis>().toExtend<RedisClient>();
  expectTypeOf<Redis<'resp3'>>().toExtend<RedisClient>();
  expectTypeOf<Cluster>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createClient<{}, {}, {}, 2>>>().toExtend<RedisClient>();
  expectTypeOf<
    ReturnType<typeof createClient<{}, {}, {}, 3, { [RESP_TYPES.BLOB_STRING]: BufferConstructor }>>
  >().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createClientPool>>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisClient>();
  expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>();
});

test('their connections can listen', () => {
  expectTypeOf<Redis>().toExtend<RedisSubscriber>();
  expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisSubscriber>();
  expectTypeOf<ReturnType<typeof createClient<{}, {}, {}, 2>>>().toExtend<RedisSubscriber>();
});

test('a stranger does not fit', () => {
  expectTypeOf<Map<string, string>>().not.toExtend<RedisClient>();
  expectTypeOf<{ eval(script: string): Promise<unknown> }>().not.toExtend<RedisClient>();
});
