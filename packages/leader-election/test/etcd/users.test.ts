import { afterAll, beforeAll, expect, test } from 'vitest';
import { etcdLease } from '../../src/etcd.ts';
import { heldBy, never, put } from '../contract/environment.ts';
import { answer, EtcdStandIn, said } from './stand-in.ts';
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
