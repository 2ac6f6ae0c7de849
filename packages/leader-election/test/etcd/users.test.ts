import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { etcdLease } from '../../src/etcd.ts';
import { heldBy, never, put, renewed } from '../contract/environment.ts';
import { Watching } from '../contract/watching.ts';
import { answer, EtcdStandIn, said } from './stand-in.ts';
import type { Trouble } from './stand-in.ts';
import { userCases } from './users.ts';

const etcd = new EtcdStandIn();
beforeAll(async () => {
  etcd.users.set('writer', { password: 'right', mayDo: true });
  etcd.users.set('reader', { password: 'right', mayDo: false });
  await etcd.start();
});
afterAll(() => etcd.stop());

userCases(() => ({ endpoint: etcd.endpoint, forgetTokens: () => Promise.resolve(etcd.tokens.clear()) }));

test('asks for a token once, and for another only once in a request', async () => {
  const store = etcdLease({ endpoints: etcd.endpoint, username: 'writer', password: 'right' });
  const lease = await put(store, 'tokens', undefined, heldBy('a'));
  etcd.asked.length = 0;
  await store.read('tokens', never);
  expect(etcd.asked).toEqual(['/v3/kv/range']);

  etcd.trouble = (path, response) => {
    if (path === '/v3/auth/authenticate') return false;
    answer(response, said(401, 16, 'etcdserver: invalid auth token'));
    return true;
  };
  etcd.asked.length = 0;
  await expect(store.write('tokens', lease, heldBy('a'), never)).rejects.toMatchObject({
    fault: 'unauthorized',
    mayBeWritten: false,
  });
  expect(etcd.asked).toEqual(['/v3/kv/txn', '/v3/auth/authenticate', '/v3/kv/txn']);
  etcd.trouble = () => false;
});

test('does without a token where authentication is not enabled yet', async () => {
  const open = await new EtcdStandIn().start();
  const store = etcdLease({ endpoints: open.endpoint, username: 'writer', password: 'right' });
  await put(store, 'early', undefined, heldBy('a'));
  await store.read('early', never);
  expect(open.asked).toEqual(['/v3/auth/authenticate', '/v3/kv/txn', '/v3/kv/range']);
  await open.stop();
});

test('authenticates once authentication is enabled, if credentials were given ahead of the day', async () => {
  const open = await new EtcdStandIn().start();
  const store = etcdLease({ endpoints: open.endpoint, username: 'writer', password: 'right' });
  const first = await put(store, 'early', undefined, heldBy('a'));
  open.asked.length = 0;
  open.users.set('writer', { password: 'right', mayDo: true });

  const watch = new Watching(store, 'early', first);
  const second = await put(store, 'early', first, renewed(first));

  await watch.untilWritten(second.revision);
  await watch.stop();
  expect(open.asked.filter((path) => path === AUTHENTICATE)).toHaveLength(1);
  expect(await store.read('early', never)).toMatchObject({ revision: second.revision });
  await open.stop();
});

const AUTHENTICATE = '/v3/auth/authenticate';

/** Holds the next request for this path; the test answers it, or has it go on. */
function hold(member: EtcdStandIn, held: string): Promise<ServerResponse> {
  const taken = Promise.withResolvers<ServerResponse>();
  const before: Trouble = member.trouble;
  member.trouble = (path, response) => {
    if (path !== held) return false;
    member.trouble = before;
    taken.resolve(response);
    return true;
  };
  return taken.promise;
}

/** Gives a token to a request for one that was held. */
function grant(member: EtcdStandIn, response: ServerResponse): void {
  member.tokens.set('granted', member.users.get('writer')!);
  answer(response, [200, { header: { revision: '1' }, token: 'granted' }]);
}

/** A store whose token the server has forgotten, and which of its requests are for another. */
async function forgotten(...more: readonly EtcdStandIn[]): Promise<ReturnType<typeof etcdLease>> {
  const endpoints = [etcd, ...more].map(({ endpoint }) => endpoint);
  const store = etcdLease({ endpoints, username: 'writer', password: 'right' });
  await store.read('tokens', never);
  etcd.tokens.clear();
  etcd.asked.length = 0;
  return store;
}

beforeEach(() => {
  etcd.trouble = () => false;
});

test('asks for one token for all requests that need one', async () => {
  const store = await forgotten();

  await Promise.all(Array.from({ length: 20 }, (_, index) => store.read(`many-${index}`, never)));

  expect(etcd.asked.filter((path) => path === AUTHENTICATE)).toHaveLength(1);
});

test('tries the token that another request has got meanwhile', async () => {
  const store = await forgotten();
  const held = hold(etcd, '/v3/kv/range');
  const late = store.read('late', never);
  const response = await held;
  await store.read('soon', never);

  answer(response, said(401, 16, 'etcdserver: invalid auth token'));

  expect(await late).toBeUndefined();
  expect(etcd.asked.filter((path) => path === AUTHENTICATE)).toHaveLength(1);
});

test('one that gives up waiting for a token leaves it to the others', async () => {
  const store = await forgotten();
  const held = hold(etcd, AUTHENTICATE);
  const stopping = new AbortController();
  const cancelled = store.write('one', undefined, heldBy('a'), stopping.signal);
  const response = await held;
  const other = store.read('two', never);

  stopping.abort('enough');

  await expect(cancelled).rejects.toMatchObject({
    name: 'LeaseStoreError',
    fault: 'unreachable',
    mayBeWritten: false,
    cause: 'enough',
    message: `etcd at ${etcd.endpoint}: /v3/auth/authenticate: given up waiting for an answer`,
  });
  grant(etcd, response);
  expect(await other).toBeUndefined();
});

test('lets go of a request for a token for which nobody waits', async () => {
  const store = await forgotten();
  const held = hold(etcd, AUTHENTICATE);
  const stopping = new AbortController();
  const one = store.read('one', stopping.signal);
  const closed = once(await held, 'close');
  const requests = [one, store.read('two', stopping.signal)];

  stopping.abort();

  expect((await Promise.allSettled(requests)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await closed;
  expect(await store.read('one', never)).toBeUndefined();
});

test('asks the next endpoint for a token after one that was given up, while others still wait for it', async () => {
  const other = await new EtcdStandIn(etcd.keys).start();
  other.users.set('writer', etcd.users.get('writer')!);
  const store = await forgotten(other);
  const held = hold(etcd, AUTHENTICATE);
  const [first, second] = [new AbortController(), new AbortController()];
  const one = store.read('one', first.signal);
  await held;
  const two = store.read('two', second.signal);

  first.abort();
  await expect(one).rejects.toMatchObject({ fault: 'unreachable' });

  expect(await store.read('three', never)).toBeUndefined();
  expect(other.asked).toEqual([AUTHENTICATE, '/v3/kv/range']);
  second.abort();
  await expect(two).rejects.toMatchObject({ fault: 'unreachable' });
  expect(await store.read('three', never)).toBeUndefined();
  expect(other.asked).toEqual([AUTHENTICATE, '/v3/kv/range', '/v3/kv/range']);
  await other.stop();
});
