import { setImmediate as nextTurn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { redisLease } from '../../src/redis.ts';
import type { RedisClient, RedisSubscriber } from '../../src/redis.ts';
import { never } from '../contract/environment.ts';
import { eventually } from '../contract/eventually.ts';
import { Watching } from '../contract/watching.ts';
import { WireServer } from './wire.ts';

// Nobody but the store listens to these subscribers: an `error` that it does not hear ends the process, and fails the run.

let server: WireServer;
let ends: (() => void)[] = [];
beforeEach(async () => {
  server = await WireServer.start();
});
afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await server[Symbol.asyncDispose]();
});

interface Connected {
  readonly client: RedisClient;
  readonly subscriber: RedisSubscriber;
}

function ioredis(retryStrategy: () => number | null): Promise<Connected> {
  const options = { host: '127.0.0.1', port: server.port, enableReadyCheck: false, retryStrategy };
  const [client, subscriber] = [new Redis(options), new Redis(options)];
  client.on('error', () => {});
  ends.push(() => [client, subscriber].forEach((one) => one.disconnect()));
  return Promise.resolve({ client, subscriber });
}

async function nodeRedis(reconnectStrategy: number | false): Promise<Connected> {
  const open = () => createClient({ RESP: 2, socket: { host: '127.0.0.1', port: server.port, reconnectStrategy } });
  const [client, subscriber] = [open(), open()];
  client.on('error', () => {});
  await Promise.all([client.connect(), subscriber.connect()]);
  ends.push(() => [client, subscriber].forEach((one) => one.destroy()));
  return { client, subscriber };
}

test.each([
  { what: 'ioredis', connect: () => ioredis(() => 5) },
  { what: 'node-redis', connect: () => nodeRedis(5) },
])('a connection of $what that is lost ends the watch, and is heard again when it is back', async ({ connect }) => {
  const store = redisLease(await connect());
  const watch = new Watching(store, 'billing', undefined);
  await begun(watch);

  server.drop();

  await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  await expect(eventually(async () => store.read('billing', never))).resolves.toBeUndefined();
  const again = new Watching(store, 'billing', undefined);
  await begun(again);
  await again.stop();
});

test.each([
  { what: 'ioredis', connect: () => ioredis(() => null) },
  { what: 'node-redis', connect: () => nodeRedis(false) },
])('a connection of $what that is given up ends the watch', async ({ connect }) => {
  const watch = new Watching(redisLease(await connect()), 'billing', undefined);
  await begun(watch);

  server.drop();

  await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
});

test('ioredis leaves a node that has become a replica if it is told to as the error says', async () => {
  server.isReplica = true;
  const reconnectOnError = ({ message }: Error): boolean => message.includes('READONLY');
  const options = { host: '127.0.0.1', port: server.port, enableReadyCheck: false, retryStrategy: () => 0 };
  const [stays, leaves] = [new Redis(options), new Redis({ ...options, reconnectOnError })];
  ends.push(() => [stays, leaves].forEach((one) => one.disconnect()));
  const advised = { fault: 'unreachable', message: expect.stringContaining(`reconnectOnError: ({ message }) => message`) };

  await expect(redisLease({ client: stays }).read('billing', never)).rejects.toMatchObject(advised);
  await expect(redisLease({ client: leaves }).read('billing', never)).rejects.toMatchObject(advised);
  server.isReplica = false;

  await expect(redisLease({ client: leaves }).read('billing', never)).resolves.toBeUndefined();
  expect(server.connections).toBe(3);
});

async function begun(watch: Watching): Promise<void> {
  await expect.poll(() => watch.changes.length, { interval: 1 }).toBe(1);
}

test('a watch that is begun again and again while node-redis has no connection waits for one subscription', async () => {
  const { client } = await nodeRedis(5);
  const subscriber = createClient({ socket: { host: '127.0.0.1', port: 1, reconnectStrategy: 50 } });
  subscriber.on('error', () => {});
  subscriber.connect().catch(() => {});
  ends.push(() => subscriber.destroy());
  await new Promise((tries) => subscriber.once('reconnecting', tries));
  const asked: string[] = [];
  const counting: RedisSubscriber = new Proxy(subscriber, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'subscribe' || name === 'unsubscribe') asked.push(name);
      return value.bind(target) as unknown;
    },
  });
  const store = redisLease({ client, subscriber: counting });
  asked.length = 0; // the options were looked at

  await store.read('billing', never); // what the channel is called is known from then on
  for (let times = 0; times < 20; times++) {
    const watch = new Watching(store, 'billing', undefined);
    await nextTurn();
    await watch.stop();
  }

  expect(asked).toEqual(['subscribe']);
});
