import { expect, test } from 'vitest';
import { etcdFence, etcdLease } from '../../src/etcd.ts';
import { fromBase64, toBase64 } from '../../src/base64.ts';
import { leaseKey } from '../../src/etcd/fence.ts';
import type { LeaseChange } from '../../src/store.ts';
import { get, heldBy, never, put, released, renewed } from '../contract/environment.ts';

/** What only a store over etcd has; registered for the stand-in and for real servers alike. */
export function etcdCases(endpoint: () => string): void {
  const prefix = '/cases/';
  const open = (): { store: ReturnType<typeof etcdLease>; name: string } => ({
    store: etcdLease({ endpoints: endpoint(), prefix }),
    name: `case-${crypto.randomUUID()}`,
  });
  const ask = async (path: string, body: object): Promise<Answer> => {
    const response = await fetch(endpoint() + path, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Answer;
  };
  const entry = async (key: string): Promise<{ value: string; mod_revision: string } | undefined> => {
    const kv = (await ask('/v3/kv/range', { key: toBase64(key) })).kvs?.[0];
    return kv && { ...kv, value: fromBase64(kv.value) };
  };

  test('writes a key at the beginning of a term whose mod_revision is the token, and leaves it at renewals', async () => {
    const { store, name } = open();

    const first = await put(store, name, undefined, heldBy('a'));
    const { key } = etcdFence({ name, token: first.revision, prefix });
    expect(await entry(key)).toMatchObject({ value: 'a.1', mod_revision: `${first.revision}` });

    const second = await put(store, name, first, renewed(first));
    const asked = await put(store, name, second, { ...renewed(second), handOffTo: 'b' });
    const free = await put(store, name, asked, released(asked));
    expect(await entry(key)).toMatchObject({ mod_revision: `${first.revision}` });

    const next = await put(store, name, free, heldBy('b'));
    expect(await entry(key)).toMatchObject({ value: 'b.1', mod_revision: `${next.revision}` });
  });

  test('fences writes of a term once the next has begun', async () => {
    const { store, name } = open();
    const first = await put(store, name, undefined, heldBy('a'));
    const write = (token: bigint, value: string): Promise<Answer> =>
      ask('/v3/kv/txn', {
        compare: [etcdFence({ name, token, prefix }).compare],
        success: [{ request_put: { key: toBase64(`${name}/work`), value: toBase64(value) } }],
      });

    expect(await write(first.revision, 'by a')).toMatchObject({ succeeded: true });
    const renewal = await put(store, name, first, renewed(first));
    expect(await write(first.revision, 'by a again')).toMatchObject({ succeeded: true });

    const second = await put(store, name, renewal, heldBy('b'));
    expect(await write(first.revision, 'by a, too late')).not.toHaveProperty('succeeded');
    expect(await write(second.revision, 'by b')).toMatchObject({ succeeded: true });
    expect(await entry(`${name}/work`)).toMatchObject({ value: 'by b' });
  });

  test('says what it found where it cannot read a lease, and tells a watch to look', async () => {
    const { store, name } = open();
    const first = await put(store, name, undefined, heldBy('a'));
    const watching = new AbortController();
    const hinted = Promise.withResolvers<LeaseChange>();
    const watch = store.watch(name, first, (change) => change.type === 'hint' && hinted.resolve(change), watching.signal);
    const key = leaseKey(prefix, name);

    await ask('/v3/kv/txn', { success: [{ request_put: { key: toBase64(key), value: toBase64('held by "me"') } }] });

    await hinted.promise;
    await expect(store.read(name, never)).rejects.toMatchObject({
      fault: 'invalid',
      mayBeWritten: false,
      message: `etcd: the key ${key} holds no lease but "held by \\"me\\""; delete it, or use another prefix`,
    });
    watching.abort();
    await watch;
  });

  test('keeps leases apart from the tokens of others', async () => {
    const { store, name } = open();
    const names = [name, `${name}/token`, `${name}/lease`, `${name}/ü {}"\\`];
    for (const one of names) await put(store, one, undefined, heldBy(one));

    const held = await Promise.all(names.map(async (one) => (await get(store, one)).holder));

    expect(held).toEqual(names);
  });
}

interface Answer {
  readonly succeeded?: boolean;
  readonly kvs?: readonly { readonly value: string; readonly mod_revision: string }[];
}
