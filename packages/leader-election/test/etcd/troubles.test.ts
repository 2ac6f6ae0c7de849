import type { ServerResponse } from 'node:http';
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
  [404, '{"error":"Not Found","message":"Not Found","code":5}', 'invalid', false],
  [401, '', 'unauthorized', false],
  [403, '<html>', 'forbidden', false],
  [429, '', 'throttled', false],
  [502, '<html>bad gateway', 'unreachable', true],
])('answer %i %s to a write: %s, perhaps written: %s', async (status, body, fault, mayBeWritten) => {
  next('/v3/kv/txn', status, body);
  await expect(write()).rejects.toMatchObject({ name: 'LeaseStoreError', fault, mayBeWritten });
  next('/v3/kv/range', status, body);
  await expect(store.read('billing', never)).rejects.toMatchObject({ fault, mayBeWritten: false });
});

// 'invalid' ends a term at once: only etcd itself may say so, by a code of gRPC. What stands before it says such things for a second
// while it is set up anew.
test.each([
  [302, '', false],
  [400, '<html>Bad Request', false],
  [404, 'Not Found', false],
  [404, '<html>no route', false],
  [405, '', false],
  [425, '', false],
  [501, '', false],
  // Given up by a proxy that may have passed it on.
  [408, '<html>Request Timeout', true],
  [499, '', true],
  // Said to be done, by something that does not speak as etcd does.
  [200, '<html>welcome', true],
  [200, '"welcome"', true],
  [200, '{}', true],
  [200, '[]', true],
  [200, '{"status":"ok"}', true],
  [200, '{"header":{"revision":"five"},"succeeded":true}', true],
])(
  'answer %i %s is none of etcd: no reason to end a term, but to ask another member, and to say what to check',
  async (status, body, mayBeWritten) => {
    const other = await new EtcdStandIn(etcd.keys).start();
    store = etcdLease({ endpoints: [etcd.endpoint, other.endpoint] });
    const told = {
      name: 'LeaseStoreError',
      fault: 'unreachable',
      message: expect.stringMatching(
        /needs etcd 3\.4 or newer with its JSON gateway .* check the address, and what stands between/,
      ),
    };

    next('/v3/kv/txn', status, body);
    await expect(write()).rejects.toMatchObject({ ...told, mayBeWritten });
    await store.read('billing', never);
    expect(other.asked).toEqual(['/v3/kv/range']);

    store = etcdLease({ endpoints: etcd.endpoint });
    next('/v3/kv/range', status, body);
    await expect(store.read('billing', never)).rejects.toMatchObject({ ...told, mayBeWritten: false });
    await other.stop();
  },
);

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

test('says what it read before the stream stands with the first word of the stream: until then there is none', async () => {
  const first = await put(store, 'billing', undefined, heldBy('a'));
  const second = await put(store, 'billing', first, renewed(first));
  const opened = Promise.withResolvers<ServerResponse>();
  etcd.trouble = (path, response) => {
    if (path === '/v3/watch') opened.resolve(response.writeHead(200));
    return path === '/v3/watch';
  };
  const told: LeaseChange[] = [];
  const stood = Promise.withResolvers<void>();
  const watching = new AbortController();
  const watch = store.watch('billing', first, (change) => (told.push(change), stood.resolve()), watching.signal);

  const stream = await opened.promise;
  expect(told).toEqual([]);
  stream.write(line({ created: true }));
  await stood.promise;
  expect(told).toMatchObject([{ type: 'written', lease: { revision: second.revision } }, { type: 'alive' }]);

  watching.abort();
  await watch;
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
  ['what is no JSON', '<html>\n', 'unreachable', '<html>'],
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
