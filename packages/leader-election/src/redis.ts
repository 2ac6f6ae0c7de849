export { redisLease } from './redis/redis-lease.ts';
export type {
  IoRedisClient,
  IoRedisSubscriber,
  NodeRedisClient,
  NodeRedisEval,
  NodeRedisSubscriber,
  RedisClient,
  RedisSubscriber,
} from './redis/clients.ts';
export type { RedisLeaseOptions } from './redis/options.ts';
