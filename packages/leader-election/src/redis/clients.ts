/** What is needed of a `Redis` or `Cluster` of ioredis. */
export interface IoRedisClient {
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Not called: by this spelling the client is known. */
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** What is needed of a client, pool, cluster or sentinel of node-redis (the package `redis`). */
export interface NodeRedisClient {
  eval(script: string, options: NodeRedisEval): Promise<unknown>;
  /** Not called: by this spelling the client is known. */
  evalSha(sha: string, options: NodeRedisEval): Promise<unknown>;
}

export interface NodeRedisEval {
  readonly keys: string[];
  readonly arguments: string[];
}

/** What is needed of an ioredis connection that does nothing but listen. */
export interface IoRedisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** What is needed of a connected node-redis client that does nothing but listen. */
export interface NodeRedisSubscriber {
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>;
  on(event: 'reconnecting' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  evalSha(sha: string, options: NodeRedisEval): Promise<unknown>;
}

export type RedisClient = IoRedisClient | NodeRedisClient;
export type RedisSubscriber = IoRedisSubscriber | NodeRedisSubscriber;

export type RunScript = (script: string, keys: readonly string[], values: readonly string[]) => Promise<unknown>;

/** The one thing in which the clients differ that matters here. */
export function scriptRunner(client: RedisClient): RunScript {
  return 'evalSha' in client
    ? (script, keys, values) => client.eval(script, { keys: [...keys], arguments: [...values] })
    : (script, keys, values) => client.eval(script, keys.length, ...keys, ...values);
}

/** A connection that listens, whichever library it is of. */
export interface Listening {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

/**
 * Hears the subscriber's errors too, which otherwise end the process (node-redis) or are printed (ioredis): the connection belongs to
 * the store.
 * @param onLost called when the connection is gone, and with it perhaps messages.
 */
export function listening(
  subscriber: RedisSubscriber,
  onMessage: (channel: string, message: string) => void,
  onLost: () => void,
): Listening {
  if (!('evalSha' in subscriber)) {
    subscriber.on('message', onMessage);
    subscriber.on('close', onLost);
    subscriber.on('error', () => {}); // a `close` follows
    return subscriber;
  }
  subscriber.on('reconnecting', onLost);
  subscriber.on('end', onLost);
  subscriber.on('error', onLost); // and neither of the two where its reconnectStrategy gives up
  const hear = (message: string, channel: string): void => onMessage(channel, message);
  return {
    subscribe: (channel) => subscriber.subscribe(channel, hear),
    unsubscribe: (channel) => subscriber.unsubscribe(channel, hear),
  };
}
