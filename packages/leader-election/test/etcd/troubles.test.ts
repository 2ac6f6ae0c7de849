import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { etcdLease } from '../../src/etcd.ts';
import type { EtcdLeaseStore } from '../../src/etcd.ts';
import type { LeaseChange } from '../../src/store.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { EtcdStandIn } from './stand-in.ts';

let etcd: EtcdStandIn;
let store: EtcdLeaseStore;
beforeEach(async () => {
  etcd = await new EtcdStandIn().start();
  store = etcdLease({ endpoints: etcd.endpoint });
});
afterEach(() => etcd.stop());

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Has the next request for this path answered so, and the others as ever. */
function next(path: string, status: number, body: string, headers: Record<string, string> = {}): void {
  etcd.trouble = (asked, response) => {
    if (asked !== path) return false;
    etcd.trouble = () => false;
    response.writeHead(status, headers).end(body);
    return true;
  };
}

const write = (): Promise<unknown> => store.write('billing', undefined, heldBy('a'), never);

test('goes to the next endpoint after one that refuses the connection, in the next request, and stays there', async () => {
  const down = await nobody();
  store = etcdLease({ endpoints: [down, etcd.endpoint] });

  await expect(write()).rejects.toMatchObject({
    fault: 'unreachable',
    mayBeWritten: false,
    message: expect.stringContaining(`etcd at ${down}: /v3/kv/txn: no answer (connect ECONNREFUSED`),
  });
  const first = await put(store, 'billing', undefined, heldBy('a'));
  await put(store, 'billing', first, renewed(first));
  expect((await get(store, 'billing')).renewal).toBe(1);
  expect(etcd.asked).toEqual(['/v3/kv/txn', '/v3/kv/txn', '/v3/kv/range']);
});

test('goes to the next endpoint after one that did not answer before it was given up', async () => {
  const silent = await new EtcdStandIn(etcd.keys).start();
  const taken = Promise.withResolvers<void>();
  silent.trouble = () => {
    taken.resolve();
    return true;
  };
  store = etcdLease({ endpoints: [silent.endpoint, etcd.endpoint] });
  const patience = new AbortController();

  const given = store.write('billing', undefined, heldBy('a'), patience.signal);
  await taken.promise;
  patience.abort('enough');

  await expect(given).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true, cause: 'enough' });
  await put(store, 'billing', undefined, heldBy('a'));
  await silent.stop();
});

test('goes to the next endpoint after a member that has no leader', async () => {
  const other = await new EtcdStandIn(etcd.keys).start();
  store = etcdLease({ endpoints: [etcd.endpoint, other.endpoint] });
  next('/v3/kv/txn', 503, '{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}');

  await expect(write()).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  await put(store, 'billing', undefined, heldBy('a'));
  expect(other.asked).toEqual(['/v3/kv/txn']);
  await other.stop();
});

test('a write whose connection breaks before the answer may be written', async () => {
  etcd.trouble = (path, response) => {
    response.destroy();
    return path === '/v3/kv/txn';
  };
  await expect(write()).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true });
});

test('a write whose answer breaks off may be written', async () => {
  etcd.trouble = (_path, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"header":', () => response.destroy());
    return true;
  };
  await expect(write()).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true });
});

test('is not bothered by a connection that was closed between two requests', async () => {
  const first = await put(store, 'billing', undefined, heldBy('a'));
  const { endpoint } = etcd;
  await etcd.stop();
  await expect(store.read('billing', never)).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });
  etcd = await new EtcdStandIn(etcd.keys).start();
  store = etcdLease({ endpoints: [endpoint, etcd.endpoint] });
  await expect(store.read('billing', never)).rejects.toMatchObject({ fault: 'unreachable' });
  expect((await get(store, 'billing')).revision).toBe(first.revision);
});

test.each([
  [503, '{"error":"x","code":14,"message":"etcdserver: request timed out"}', 'unreachable', true],
  [503, '{"code":14,"message":"etcdserver: leader changed"}', 'unreachable', true],
  [504, '{"code":4,"message":"context deadline exceeded"}', 'unreachable', true],
  [500, '{"code":2,"message":"boom"}', 'unreachable', true],
  [429, '{"code":8,"message":"etcdserver: too many requests"}', 'throttled', false],
  [429, '{"code":8,"message":"etcdserver: mvcc: database space exceeded"}', 'unreachable', false],
  [400, '{"code":3,"message":"etcdserver: request is too large"}', 'invalid', false],
  [401, '{"code":16,"message":"etcdserver: invalid auth token"}', 'unauthorized', false],
  [403, '{"code":7,"message":"etcdserver: permission denied"}', 'forbidden', false],
  [501, '{"code":12,"message":"unknown method"}', 'invalid', false],
  [404, 'Not Found', 'invalid', false],
  [401, '', 'unauthorized', false],
  [403, '<html>', 'forbidden', false],
  [429, '', 'throttled', false],
  [502, '<html>bad gateway', 'unreachable', true],
  [302, '', 'invalid', false],
  [200, '<html>welcome', 'invalid', true],
  [200, '"welcome"', 'invalid', true],
])('answer %i %s to a write: %s, perhaps written: %s', async (status, body, fault, mayBeWritten) => {
  next('/v3/kv/txn', status, body);
  await expect(write()).rejects.toMatchObject({ name: 'LeaseStoreError', fault, mayBeWritten });
  next('/v3/kv/range', status, body);
  await expect(store.read('billing', never)).rejects.toMatchObject({ fault, mayBeWritten: false });
});

test('hands on how long to wait', async () => {
  next('/v3/kv/txn', 429, '', { 'retry-after': '3' });
  await expect(write()).rejects.toMatchObject({ fault: 'throttled', retryAfterMs: 3000 });
});

test('takes no endless answer', async () => {
  next('/v3/kv/txn', 200, 'x'.repeat(5 * 1024 * 1024));
  await expect(write()).rejects.toMatchObject({
    fault: 'unreachable',
    message: expect.stringContaining('an answer longer than'),
  });
});

/** Watches a server that says these pieces, each a packet of its own, and then ends the stream. */
async function watchOf(pieces: readonly (string | Buffer)[]): Promise<readonly LeaseChange[]> {
  etcd.trouble = (path, response) => {
    if (path !== '/v3/watch') return false;
    response.writeHead(200);
    const say = ([piece, ...rest]: readonly (string | Buffer)[]): void => {
      if (piece === undefined) response.end();
      else response.write(piece, () => setImmediate(say, rest));
    };
    say(pieces);
    return true;
  };
  const told: LeaseChange[] = [];
  await store.watch('billing', undefined, (change) => told.push(change), never);
  return told;
}

const line = (result: object): string => `${JSON.stringify({ result })}\n`;
const event = (mod_revision: string): object => ({
  kv: { key: 'a', mod_revision, value: Buffer.from(JSON.stringify(heldBy('zoë'))).toString('base64') },
});

test('reads a stream however it is cut, and returns when it ends', async () => {
  const all = Buffer.from(line({ created: true }) + line({ events: [event('7'), { type: 'DELETE', ...event('8') }] }) + line({}));

  const told = [
    { type: 'alive' },
    { type: 'written', lease: { holder: 'zoë', revision: 7n } },
    { type: 'deleted', revision: 8n },
  ];
  expect(await watchOf([...all].map((byte) => Buffer.of(byte)))).toMatchObject([...told, { type: 'alive' }]);
  expect(await watchOf([all])).toMatchObject([...told, { type: 'alive' }]);
});

test('tells nothing more of what it has heard once it is aborted', async () => {
  const first = await put(store, 'billing', undefined, heldBy('a'));
  const watching = new AbortController();
  const told: LeaseChange[] = [];
  etcd.trouble = (path, response) => path === '/v3/watch' && response.write(line({ events: [event('7'), event('8')] }));

  await store.watch('billing', first, (change) => (told.push(change), watching.abort()), watching.signal);

  expect(told).toMatchObject([{ type: 'written', lease: { revision: 7n } }]);
});

test('returns from a watch whose beginning the server has compacted away', async () => {
  expect(await watchOf([line({ created: true }), line({ canceled: true, compact_revision: '5' })])).toEqual([{ type: 'alive' }]);
});

test.each([
  ['a reason', line({ canceled: true, cancel_reason: 'etcdserver: no leader' }), 'unreachable', 'no leader'],
  ['no reason', line({ canceled: true }), 'unreachable', 'no reason given'],
  [
    'an error',
    '{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: server stopped"}}\n',
    'unreachable',
    'server stopped',
  ],
  ['an error at the very end', '{"error":{"grpc_code":14,"http_code":503,"message":"no leader"}}', 'unreachable', 'no leader'],
  ['what is no JSON', '<html>\n', 'invalid', '<html>'],
  ['a line without end', 'x'.repeat(5 * 1024 * 1024), 'unreachable', 'an answer longer than'],
])('rejects a watch that is told %s', async (_what, said, fault, message) => {
  await expect(watchOf([said])).rejects.toMatchObject({ fault, mayBeWritten: false, message: expect.stringContaining(message) });
});

test('rejects a watch that is refused, and one whose connection breaks', async () => {
  next('/v3/watch', 503, '{"code":14,"message":"etcdserver: not capable"}');
  await expect(store.watch('billing', undefined, () => {}, never)).rejects.toMatchObject({ fault: 'unreachable' });

  const broken = store.watch('billing', undefined, () => void etcd.stop(), never);
  await expect(broken).rejects.toMatchObject({ fault: 'unreachable' });
  await etcd.start();
});

test('watches leave both connections to requests', async () => {
  const watching = new AbortController();
  const begun = Array.from({ length: 5 }, (_, index) => {
    const alive = Promise.withResolvers<void>();
    return { alive, ended: store.watch(`w${index}`, undefined, () => alive.resolve(), watching.signal) };
  });
  await Promise.all(begun.map(({ alive }) => alive.promise));

  expect((await put(store, 'billing', undefined, heldBy('a'))).holder).toBe('a');

  watching.abort();
  await Promise.all(begun.map(({ ended }) => ended));
});
