import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, RESP_TYPES } from 'redis';
import { afterEach, describe, expect, test } from 'vitest';
import { startRedis } from '../../../../tools/engines/redis.ts';
import type { RedisServer } from '../../../../tools/engines/redis.ts';
import { freePort } from '../../../../tools/engines/server.ts';
import { redisLease } from '../../src/redis.ts';
import type { RedisClient } from '../../src/redis.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { eventually } from '../contract/eventually.ts';
import { Watching } from '../contract/watching.ts';
import { redisCases } from '../redis/cases.ts';
import { withEngine } from './engine.ts';
import { reach } from './redis-clients.ts';
import type { Library, Reached } from './redis-clients.ts';

withEngine('redis', ['HOLDFAST_REDIS_BIN'], (binary = '') => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });
  const start = async (...args: string[]): Promise<RedisServer & { url: string; operator: Redis }> => {
    const redis = await startRedis(binary, args);
    ends.push(() => redis.server.remove());
    const operator = new Redis(redis.port, redis.host);
    operator.on('error', () => {});
    ends.push(() => operator.disconnect());
    return { ...redis, url: `redis://${redis.host}:${redis.port}`, operator };
  };
  const reached = async (library: Library, url: string): Promise<Reached> => {
    const clients = await reach(library, url);
    ends.push(() => clients.close());
    return clients;
  };

  describe.each(['ioredis', 'node-redis'] as const)('over %s', (library) => {
    describe('by hand', () => {
      let server: RedisServer | undefined;
      let clients: Reached | undefined;
      const open = async (): Promise<void> => {
        server ??= await startRedis(binary);
        clients ??= await reach(library, `redis://${server.host}:${server.port}`);
      };
      redisCases(
        () => clients!,
        open,
        async () => {
          await clients?.close();
          await server?.server.remove();
        },
      );
    });

    test('goes on after the server was killed and has come back', async () => {
      const { server, url } = await start();
      const { client, subscriber } = await reached(library, url);
      const store = redisLease({ client, subscriber });
      const first = await put(store, 'billing', undefined, heldBy('a'));
      const watch = new Watching(store, 'billing', first);
      const second = await put(store, 'billing', first, renewed(first));
      await watch.untilWritten(second.revision);

      await server.kill();
      await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable' });
      await server.start();

      const read = await eventually(() => get(store, 'billing'));
      expect(read.revision).toBe(second.revision);
      const again = new Watching(store, 'billing', second);
      const third = await put(store, 'billing', second, renewed(second));
      await again.untilWritten(third.revision);
      await again.stop();
    });

    test('gives up at once on a server that is frozen, and finds out later what became of the write', async () => {
      const { server, url } = await start();
      const { client } = await reached(library, url);
      const store = redisLease({ client });
      const first = await put(store, 'billing', undefined, heldBy('a'));
      const patience = new AbortController();

      server.freeze();
      const write = store.write('billing', first, renewed(first), patience.signal);
      setImmediate(() => patience.abort());
      await expect(write).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true });

      server.thaw();
      expect((await get(store, 'billing')).renewal).toBe(1); // it lay in the socket
    });

    test('rejects a watch whose connection the server ends, and watches again', async () => {
      const { url, operator } = await start();
      const { client, subscriber } = await reached(library, url);
      const store = redisLease({ client, subscriber });
      const first = await put(store, 'billing', undefined, heldBy('a'));
      const watch = new Watching(store, 'billing', first);
      const second = await put(store, 'billing', first, renewed(first));
      await watch.untilWritten(second.revision);

      await operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await expect(watch.ended).rejects.toMatchObject({ fault: 'unreachable' });

      const again = new Watching(store, 'billing', second);
      const third = await put(store, 'billing', second, renewed(second));
      await again.untilWritten(third.revision);
      await again.stop();
    });

    test.each([
      ['maxmemory', '1', 'OOM'],
      ['min-replicas-to-write', '1', 'NOREPLICAS'],
    ])('writes nothing where the server refuses to: %s', async (setting, value, code) => {
      const { url, operator } = await start();
      const { client } = await reached(library, url);
      const store = redisLease({ client });
      await operator.config('SET', setting, value);

      await expect(store.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject({
        fault: 'unreachable',
        mayBeWritten: false,
        message: expect.stringContaining(code),
      });

      await operator.config('SET', setting, '0');
      expect(await store.read('billing', never)).toBeUndefined();
    });

    test('takes a key of another type for what it is', async () => {
      const { url, operator } = await start();
      const { client } = await reached(library, url);
      const store = redisLease({ client });
      await operator.lpush('holdfast:lease:{billing}', 'x');

      await expect(store.read('billing', never)).rejects.toMatchObject({
        fault: 'invalid',
        message: expect.stringContaining('WRONGTYPE'),
      });
      await expect(store.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject({
        fault: 'invalid',
        mayBeWritten: false,
      });
    });

    test('is neither read nor written on a replica', async () => {
      const primary = await start('--repl-diskless-sync-delay', '0');
      const replica = await start('--replicaof', primary.host, `${primary.port}`);
      const { client } = await reached(library, replica.url);
      const store = redisLease({ client });
      await eventually(async () => expect(await replica.operator.info('replication')).toMatch(/master_link_status:up/));

      const refusal = {
        fault: 'unreachable',
        mayBeWritten: false,
        message: expect.stringMatching(/READONLY.*connect to the primary/s),
      };
      await expect(store.read('billing', never)).rejects.toMatchObject(refusal);
      await expect(store.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject(refusal);
    });
  });

  test('needs no more than the permissions it names', async () => {
    const { host, port, operator } = await start();
    const commands = '+eval +get +set +persist +pttl +time +publish +subscribe +unsubscribe'.split(' ');
    await operator.acl('SETUSER', 'elector', 'on', '>right', '~holdfast:lease:*', '&holdfast:lease:*', ...commands);
    const options = { host, port, username: 'elector', password: 'right', enableReadyCheck: false, disableClientInfo: true };
    const [client, subscriber] = [new Redis(options), new Redis(options)];
    ends.push(() => [client, subscriber].forEach((one) => one.disconnect()));
    const store = redisLease({ client, subscriber });
    const first = await put(store, 'billing', undefined, heldBy('a'));
    const watch = new Watching(store, 'billing', first);
    const second = await put(store, 'billing', first, { ...heldBy('a'), handOffTo: 'b' });
    await watch.untilWritten(second.revision);
    await watch.stop();

    const elsewhere = redisLease({ client, prefix: 'other:' });
    await expect(elsewhere.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject({
      fault: 'forbidden',
      mayBeWritten: false,
    });

    await operator.acl('SETUSER', 'elector', 'resetchannels');
    const third = await put(store, 'billing', second, renewed(second)); // a hint that cannot be sent is no reason not to write
    expect((await get(store, 'billing')).revision).toBe(third.revision);
  });

  test('says that a password is needed', async () => {
    const { host, port } = await start('--requirepass', 'right');
    const client = new Redis({ host, port, enableReadyCheck: false, disableClientInfo: true });
    client.on('error', () => {});
    ends.push(() => client.disconnect());
    await expect(redisLease({ client }).read('billing', never)).rejects.toMatchObject({ fault: 'unauthorized' });
  });

  test('understands a node-redis client that is set to give bytes, and one that speaks RESP2', async () => {
    const { url } = await start();
    const bytes = createClient({ url, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } });
    const old = createClient({ url, RESP: 2 });
    await Promise.all([bytes.connect(), old.connect()]);
    ends.push(() => [bytes, old].forEach((one) => one.destroy()));

    let last = await put(redisLease({ client: bytes }), 'billing', undefined, heldBy('zoë'));
    for (const client of [bytes, old] satisfies RedisClient[]) {
      const store = redisLease({ client });
      last = await put(store, 'billing', await get(store, 'billing'), renewed(last));
    }
    expect(last).toMatchObject({ holder: 'zoë', renewal: 2 });
  });

  test('keeps both keys of a lease on one node of a cluster', async () => {
    const { host, port, operator } = await start(
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
      '--cluster-port',
      `${await freePort()}`,
    );
    await operator.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually(async () => expect(await operator.cluster('INFO')).toMatch(/cluster_state:ok/));
    const nodeRedis = createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }] });
    await nodeRedis.connect();
    ends.push(() => nodeRedis.destroy());
    const ioredis = new Cluster([{ host, port }]);
    ends.push(() => ioredis.disconnect());
    const subscriber = new Redis(port, host);
    ends.push(() => subscriber.disconnect());

    const clients: readonly RedisClient[] = [ioredis, nodeRedis];
    for (const [index, client] of clients.entries()) {
      const store = redisLease({ client, subscriber });
      const first = await put(store, `billing-${index}`, undefined, heldBy('a'));
      const watch = new Watching(store, `billing-${index}`, first);
      const second = await put(store, `billing-${index}`, first, renewed(first));
      await watch.untilWritten(second.revision);
      await watch.stop();
      expect((await get(store, `billing-${index}`)).revision).toBe(second.revision);
    }
  });
});
