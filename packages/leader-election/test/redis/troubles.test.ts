import { beforeEach, expect, test } from 'vitest';
import { redisLease } from '../../src/redis.ts';
import type { NodeRedisClient, RedisLeaseOptions } from '../../src/redis.ts';
import type { LeaseStore } from '../../src/store.ts';
import { heldBy, never, put, renewed } from '../contract/environment.ts';
import { Watching } from '../contract/watching.ts';
import { RedisStandIn } from './stand-in.ts';

let redis: RedisStandIn;
let store: LeaseStore;
beforeEach(() => {
  redis = new RedisStandIn();
  store = redisLease({ client: redis.ioredis(), subscriber: redis.ioredis() });
});

test.each([
  ['NOAUTH Authentication required.', 'unauthorized', false, 'give the client the password'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'unauthorized', false, 'check user and password'],
  ["NOPERM User app has no permissions to run the 'eval' command", 'forbidden', false, '+eval'],
  [
    "READONLY You can't write against a read only replica. script: 6ed8, on @user_script:2.",
    'unreachable',
    false,
    "reconnectOnError: ({ message }) => message.includes('READONLY')",
  ],
  [
    "ERR Error running script (call to f_6ed8): @user_script:2: @user_script: 2: -READONLY You can't write against a read only replica.",
    'unreachable',
    false,
    'a replica',
  ],
  ['LOADING Redis is loading the dataset in memory', 'unreachable', false, 'LOADING'],
  ['MASTERDOWN Link with MASTER is down', 'unreachable', false, 'MASTERDOWN'],
  ['BUSY Redis is busy running a script.', 'unreachable', false, 'BUSY'],
  ['CLUSTERDOWN The cluster is down', 'unreachable', false, 'CLUSTERDOWN'],
  ['NOREPLICAS Not enough good replicas to write.', 'unreachable', false, 'min-replicas-to-write'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'unreachable', false, 'no cache'],
  ['MISCONF Redis is configured to save RDB snapshots', 'unreachable', false, 'save to disk'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'invalid', false, 'another prefix'],
  ['MOVED 866 127.0.0.1:7001', 'invalid', false, 'cluster client'],
  ["CROSSSLOT Keys in request don't hash to the same slot", 'invalid', false, 'hash tag'],
  ["ERR unknown command 'EVAL'", 'invalid', false, 'needs Redis 6'],
  ['ERR max number of clients reached', 'throttled', false, 'max number'],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'unreachable', false, 'writeable'],
  ['The client is closed', 'unreachable', false, 'closed'],
  ['The client is offline', 'unreachable', false, 'offline'],
  ['The queue is full', 'unreachable', false, 'full'],
  ['Socket closed unexpectedly', 'unreachable', true, 'Socket closed'],
  ['Connection is closed.', 'unreachable', true, 'Connection'],
  ['Reached the max retries per request limit (which is 20).', 'unreachable', true, 'max retries'],
  ['ERR something new', 'unreachable', true, 'something new'],
])('%s: %s, perhaps written: %s', async (message, fault, mayBeWritten, words) => {
  redis.trouble = () => Promise.reject(new Error(message));

  const error = { name: 'LeaseStoreError', fault, message: expect.stringContaining(message), cause: new Error(message) };
  await expect(store.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject({ ...error, mayBeWritten });
  await expect(store.read('billing', never)).rejects.toMatchObject({ ...error, mayBeWritten: false });
  await expect(store.read('billing', never)).rejects.toThrow(words);
  await expect(store.read('billing', never)).rejects.toThrow(/^redis: read of holdfast:lease:\{billing\}: /);
});

test('gives up at once on a server that does not answer; what comes later is of no account', async () => {
  const answer = Promise.withResolvers<unknown>();
  redis.trouble = () => answer.promise;
  const patience = new AbortController();

  const write = store.write('billing', undefined, heldBy('a'), patience.signal);
  const read = store.read('billing', patience.signal);
  patience.abort('enough');

  await expect(write).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true, cause: 'enough' });
  await expect(read).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false, cause: 'enough' });
  await new Promise(setImmediate); // the client has asked by now
  answer.reject(new Error('Connection is closed.'));
});

test('understands a client that is set to give bytes', async () => {
  const { client, bytes } = inBytes();
  const other = redisLease({ client });

  const first = await put(other, 'billing', undefined, heldBy('zoë'));
  expect(await other.read('billing', never)).toMatchObject({ holder: 'zoë', revision: first.revision });
  expect(await other.write('billing', undefined, heldBy('b'), never)).toBeUndefined();
  expect(bytes()).toBe(3);
});

function inBytes(): { client: NodeRedisClient; bytes: () => number } {
  let count = 0;
  const plain = redis.nodeRedis();
  const client: NodeRedisClient = {
    async eval(script, options) {
      count += 1;
      const reply = (await plain.eval(script, options)) as readonly unknown[];
      return reply.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
    },
    evalSha: (sha, options) => plain.evalSha(sha, options),
  };
  return { client, bytes: () => count };
}

test.each(['ioredis', 'nodeRedis'] as const)(
  'rejects the watches of a %s connection that is lost, and watches again',
  async (kind) => {
    const client = redis[kind]();
    client.on('error', () => {}); // the subscriber's are the store's business
    store = redisLease({ client, subscriber: redis[kind]() });
    const first = await put(store, 'billing', undefined, heldBy('a'));
    const watches = ['billing', 'billing', 'other'].map((name) => new Watching(store, name, undefined));
    const second = await put(store, 'billing', first, renewed(first));
    await watches[0]!.untilWritten(second.revision);
    await watches[1]!.untilWritten(second.revision);

    redis.dropConnections();
    for (const watch of watches) {
      await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
    }

    const watch = new Watching(store, 'billing', second);
    const third = await put(store, 'billing', second, renewed(second));
    await watch.untilWritten(third.revision);
    await watch.stop();
    expect(watch.changes.filter(({ type }) => type === 'written')).toHaveLength(1);
  },
);

test('rejects a watch whose subscription or reading fails', async () => {
  const subscriber = redis.ioredis();
  store = redisLease({ client: redis.ioredis(), subscriber });
  await store.read('billing', never);

  redis.trouble = () => Promise.reject(new Error('LOADING'));
  await expect(store.watch!('billing', undefined, () => {}, never)).rejects.toMatchObject({ fault: 'unreachable' });

  subscriber.subscribe = () => Promise.reject(new Error('NOPERM no permissions to access a channel'));
  await expect(store.watch!('billing', undefined, () => {}, never)).rejects.toMatchObject({
    fault: 'forbidden',
    message: expect.stringContaining('redis: subscription to holdfast:lease:{billing}:changes: NOPERM'),
  });
});

test('has no watch without a subscriber', () => {
  expect(redisLease({ client: redis.ioredis() })).not.toHaveProperty('watch');
});

test.each([
  [{}, 'client', /a client of ioredis or node-redis/],
  [{ client: { get() {} } }, 'client', /a client of ioredis or node-redis/],
  [{ client: Promise.resolve() }, 'client', /a client of ioredis or node-redis/],
  [{ client: new RedisStandIn().ioredis(), subscriber: {} }, 'subscriber', /a connection of ioredis or node-redis/],
  [{ client: new RedisStandIn().ioredis(), prefix: 5 }, 'prefix', /a string/],
  [{ client: new RedisStandIn().ioredis(), subscribr: {} }, 'subscribr', /subscriber/],
])('refuses %#', (given, option, message) => {
  expect(() => redisLease(given as unknown as RedisLeaseOptions)).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', option, message: expect.stringMatching(message) }),
  );
});

test('refuses one connection for both', () => {
  const client = redis.ioredis();
  expect(() => redisLease({ client, subscriber: client })).toThrow(/subscriber must be a connection of its own/);
});
