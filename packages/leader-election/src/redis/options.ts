import { ConfigError } from '@holdfast/core';
import { anything, readOptions } from '@holdfast/core/options';
import type { RedisClient, RedisSubscriber } from './clients.ts';

export interface RedisLeaseOptions {
  /**
   * A client of ioredis or node-redis, connected to the primary; a cluster client of either for a cluster. It may be shared with the
   * rest of the program, but blocking commands and long scripts hold up renewals.
   *
   * Let it fail rather than wait while it is not connected: `enableOfflineQueue: false` and `autoResendUnfulfilledCommands: false`
   * for ioredis, `disableOfflineQueue: true` for node-redis. An election gives up on a request in time either way, but without these
   * the client still carries it out later.
   *
   * Behind an address that follows the primary give ioredis `reconnectOnError: ({ message }) => message.includes('READONLY')`, which it
   * does not do by itself: a node that has become a replica keeps its connections, and refuses everything on them for good.
   *
   * The client is yours, its errors too: without a listener for `error` a node-redis client that loses its connection ends the process.
   */
  readonly client: RedisClient;
  /**
   * A connection of this store alone that listens, such as `client.duplicate()`; a node-redis client must be connected. With it
   * followers hear of a release at once; without it the store has no watch, and they poll. The store listens to its `error` from the
   * beginning; one that fails before, in your `connect()`, is yours. @default none
   */
  readonly subscriber?: RedisSubscriber;
  /** Begins every key: `<prefix>{<name>}` and `<prefix>{<name>}:revision`; the braces keep both on one node of a cluster. @default 'holdfast:lease:' */
  readonly prefix?: string;
}

const KIND = 'redisLease';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const speaks =
  (...methods: string[]) =>
  (value: unknown): boolean =>
    isObject(value) && methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
const isEither = (value: unknown): boolean => speaks('evalsha')(value) || speaks('evalSha')(value);

const rules = {
  client: anything<RedisClient | undefined>(
    'a client of ioredis or node-redis',
    undefined,
    (value) => speaks('eval')(value) && isEither(value),
  ),
  subscriber: anything<RedisSubscriber | undefined>(
    'a connection of ioredis or node-redis',
    undefined,
    (value) => speaks('subscribe', 'unsubscribe', 'on')(value) && isEither(value),
  ),
  prefix: anything<string>('a string', 'holdfast:lease:', (value) => typeof value === 'string'),
};

/** @throws {ConfigError} */
export function readRedisOptions(given: RedisLeaseOptions): {
  client: RedisClient;
  subscriber: RedisSubscriber | undefined;
  prefix: string;
} {
  const { client, subscriber, prefix } = readOptions(KIND, given, rules);
  if (client === undefined) throw new ConfigError(KIND, 'client', client, rules.client.allowed);
  if ((subscriber as unknown) === client) {
    throw new ConfigError(KIND, 'subscriber', subscriber, 'a connection of its own: one that listens can do nothing else');
  }
  return { client, subscriber, prefix };
}
