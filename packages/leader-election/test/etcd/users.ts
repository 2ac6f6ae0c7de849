import { beforeEach, expect, test } from 'vitest';
import { etcdLease } from '../../src/etcd.ts';
import { heldBy, never, put, renewed } from '../contract/environment.ts';
import { Watching } from '../contract/watching.ts';

/** A cluster with authentication, and two users: `writer` / `right` may do everything under `/users/`, `reader` / `right` nothing. */
export interface WithUsers {
  readonly endpoint: string;
  /** Has the server forget all tokens it has given out. */
  forgetTokens(): Promise<void>;
}

/** What a store does where etcd asks who it is; registered for the stand-in and for real servers alike. */
export function userCases(cluster: () => WithUsers, before: () => Promise<void> = () => Promise.resolve()): void {
  beforeEach(before);
  const as = (username?: string, password = 'right'): ReturnType<typeof etcdLease> =>
    etcdLease({
      endpoints: cluster().endpoint,
      prefix: '/users/',
      ...(username === undefined ? {} : { username, password }),
    });
  const name = (): string => `case-${crypto.randomUUID()}`;

  test('says that a user is needed', async () => {
    const { endpoint } = cluster();
    await expect(as().read(name(), never)).rejects.toMatchObject({
      fault: 'unauthorized',
      mayBeWritten: false,
      message: `etcd at ${endpoint}: /v3/kv/range: etcdserver: user name is empty; give username and password: etcd asks for them`,
    });
  });

  test('says that the password is wrong, and not which it was', async () => {
    const { endpoint } = cluster();
    await expect(as('writer', 'wr0ng').write(name(), undefined, heldBy('a'), never)).rejects.toMatchObject({
      fault: 'unauthorized',
      mayBeWritten: false,
      message: `etcd at ${endpoint}: /v3/auth/authenticate: etcdserver: authentication failed, invalid user ID or password; check username and password`,
    });
  });

  test('says what a user lacks', async () => {
    const store = as('reader');
    const missing = {
      fault: 'forbidden',
      mayBeWritten: false,
      message: expect.stringContaining('grant the user read and write'),
    };
    await expect(store.read(name(), never)).rejects.toMatchObject(missing);
    await expect(store.write(name(), undefined, heldBy('a'), never)).rejects.toMatchObject(missing);
    await expect(store.watch(name(), undefined, () => {}, never)).rejects.toMatchObject(missing);
  });

  test('asks for a new token when the server does not know it any more, in the same request', async () => {
    const [store, one] = [as('writer'), name()];
    const first = await put(store, one, undefined, heldBy('a'));

    await cluster().forgetTokens();
    const second = await put(store, one, first, renewed(first));
    await cluster().forgetTokens();
    expect((await store.read(one, never))?.revision).toBe(second.revision);

    await cluster().forgetTokens();
    const watch = new Watching(store, one, second);
    const third = await put(store, one, second, renewed(second));
    await watch.untilWritten(third.revision);
    await watch.stop();
  });
}
