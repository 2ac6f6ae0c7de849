import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../../../tools/engines/server.ts';
import { etcdLease } from '../../src/etcd.ts';
import type { EtcdLeaseStore } from '../../src/etcd.ts';
import { get, heldBy, never, put, renewed } from '../contract/environment.ts';
import { answer, EtcdStandIn, said } from './stand-in.ts';

// Which of the members is asked: one for as long as it answers.

let etcd: EtcdStandIn;
let store: EtcdLeaseStore;
beforeEach(async () => {
  etcd = await new EtcdStandIn().start();
});
afterEach(() => etcd.stop());

/** An address where nobody listens. */
const nobody = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;

/** A member that takes requests for this path, and says nothing. */
async function silentFor(silent: string): Promise<{ member: EtcdStandIn; taken: Promise<void> }> {
  const member = await new EtcdStandIn(etcd.keys).start();
  const taken = Promise.withResolvers<void>();
  member.trouble = (path) => {
    if (path === silent) taken.resolve();
    return path === silent;
  };
  return { member, taken: taken.promise };
}

test('goes to the next endpoint after one that refuses the connection, in the next request, and stays there', async () => {
  const down = await nobody();
  store = etcdLease({ endpoints: [down, etcd.endpoint] });

  await expect(store.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject({
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
  const { member, taken } = await silentFor('/v3/kv/txn');
  store = etcdLease({ endpoints: [member.endpoint, etcd.endpoint] });
  const patience = new AbortController();

  const given = store.write('billing', undefined, heldBy('a'), patience.signal);
  await taken;
  patience.abort('enough');

  await expect(given).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true, cause: 'enough' });
  await put(store, 'billing', undefined, heldBy('a'));
  await member.stop();
});

test('goes to the next endpoint after a member that has no leader', async () => {
  const other = await new EtcdStandIn(etcd.keys).start();
  store = etcdLease({ endpoints: [etcd.endpoint, other.endpoint] });
  etcd.trouble = (_path, response) => (answer(response, said(503, 14, 'etcdserver: no leader')), true);

  await expect(store.write('billing', undefined, heldBy('a'), never)).rejects.toMatchObject({
    fault: 'unreachable',
    mayBeWritten: false,
  });
  await put(store, 'billing', undefined, heldBy('a'));
  expect(other.asked).toEqual(['/v3/kv/txn']);
  await other.stop();
});

test.each([{}, { username: 'writer', password: 'right' }])(
  'stays with an endpoint that was not asked, because nobody wanted the answer any more (%o)',
  async (credentials) => {
    store = etcdLease({ endpoints: [etcd.endpoint, await nobody()], ...credentials });

    await expect(store.read('one', AbortSignal.abort())).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: false });

    expect(etcd.asked).toEqual([]);
    expect(await store.read('one', never)).toBeUndefined();
  },
);

test('stays with an endpoint when a watch of it is ended on purpose', async () => {
  store = etcdLease({ endpoints: [etcd.endpoint, await nobody()] });
  const watching = new AbortController();

  await store.watch('one', undefined, () => watching.abort(), watching.signal);

  expect(await store.read('two', never)).toBeUndefined();
});

test('goes to the next endpoint after a watch that was given up without a word', async () => {
  const { member, taken } = await silentFor('/v3/watch');
  store = etcdLease({ endpoints: [member.endpoint, etcd.endpoint] });
  const watching = new AbortController();
  const watch = store.watch('one', undefined, () => expect.fail('nothing was said'), watching.signal);
  await taken;

  watching.abort();
  await watch;

  await store.read('one', never);
  expect(etcd.asked).toEqual(['/v3/kv/range']);
  await member.stop();
});

test('stays with an endpoint that has answered others since a request was sent that is given up', async () => {
  const { member, taken } = await silentFor('/v3/kv/txn');
  store = etcdLease({ endpoints: [member.endpoint, await nobody()] });
  const stopping = new AbortController();
  const cancelled = store.write('one', undefined, heldBy('a'), stopping.signal);
  await taken;
  await store.read('two', never);

  stopping.abort();

  await expect(cancelled).rejects.toMatchObject({ fault: 'unreachable', mayBeWritten: true });
  expect(await store.read('two', never)).toBeUndefined();
  await member.stop();
});

test('stays with an endpoint whose watches go on while a request is given up', async () => {
  const first = await put(etcdLease({ endpoints: etcd.endpoint }), 'one', undefined, heldBy('a'));
  const { member, taken } = await silentFor('/v3/kv/txn');
  store = etcdLease({ endpoints: [member.endpoint, await nobody()] });
  const [watching, stopping] = [new AbortController(), new AbortController()];
  const [stood, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const watch = store.watch('one', first, ({ type }) => (type === 'written' ? told.resolve() : stood.resolve()), watching.signal);
  await stood.promise;
  const cancelled = store.write('two', undefined, heldBy('a'), stopping.signal);
  await taken;
  await put(etcdLease({ endpoints: etcd.endpoint }), 'one', first, renewed(first));
  await told.promise;

  stopping.abort();
  watching.abort();

  await expect(cancelled).rejects.toMatchObject({ fault: 'unreachable' });
  await watch;
  expect(await store.read('two', never)).toBeUndefined();
  await member.stop();
});
