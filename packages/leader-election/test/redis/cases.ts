import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { redisLease } from '../../src/redis.ts';
import type { RedisClient, RedisSubscriber } from '../../src/redis.ts';
import type { LeaseStore } from '../../src/store.ts';
import { get, heldBy, never, put, released, renewed } from '../contract/environment.ts';
import { Watching } from '../contract/watching.ts';

/** A server, and what an operator does to it by hand. */
export interface RedisAtHand {
  readonly client: RedisClient;
  readonly subscriber: RedisSubscriber;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  del(...keys: string[]): Promise<void>;
  pttl(key: string): Promise<number>;
  publish(channel: string, message: string): Promise<void>;
  flushall(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** What only a store over Redis has; registered for the stand-in and for real servers and clients alike. */
export function redisCases(
  redis: () => RedisAtHand,
  before: () => Promise<void> = () => Promise.resolve(),
  after: () => Promise<void> = () => Promise.resolve(),
): void {
  beforeAll(before);
  afterAll(after);
  let store: LeaseStore | undefined;
  const open = (): { store: LeaseStore; name: string; key: string; counter: string } => {
    const { client, subscriber } = redis();
    store ??= redisLease({ client, subscriber, prefix: 'cases:' });
    const name = `case-${crypto.randomUUID()}`;
    const key = `cases:{${name}}`;
    return { store, name, key, counter: `${key}:revision` };
  };

  test('keeps a lease as JSON until its time is over, and its revision for good', async () => {
    const { store, name, key, counter } = open();
    const lease = await put(store, name, undefined, heldBy('a', { durationMs: 5_000.5 }));

    const revision = `${lease.revision}`;
    expect(JSON.parse((await redis().get(key)) ?? '')).toEqual({ revision, ...heldBy('a', { durationMs: 5_000.5 }) });
    expect(await redis().get(counter)).toBe(revision);
    expect(await redis().pttl(key)).toBeGreaterThan(4_000);
    expect(await redis().pttl(key)).toBeLessThanOrEqual(5_001);
    expect(await redis().pttl(counter)).toBe(-1);
  });

  test('gives revisions that say when: microseconds of the server', async () => {
    const { store, name } = open();
    const before = Date.now();
    const { revision } = await put(store, name, undefined, heldBy('a'));

    expect(revision / 1000n).toBeGreaterThanOrEqual(BigInt(before - 1));
    expect(revision / 1000n).toBeLessThanOrEqual(BigInt(Date.now() + 1));
  });

  test('goes on with greater revisions after all is lost', async () => {
    const { store, name } = open();
    let last = await put(store, name, undefined, heldBy('a'));
    for (let renewal = 0; renewal < 5; renewal++) last = await put(store, name, last, renewed(last));

    await redis().flushall();

    expect(await store.read(name, never)).toBeUndefined();
    expect(await store.write(name, last, renewed(last), never)).toBeUndefined();
    const anew = await put(store, name, undefined, heldBy('b'));
    expect(anew.revision).toBeGreaterThan(last.revision);
  });

  test('goes on with greater revisions where the clock is behind, and where only the counter is lost', async () => {
    const { store, name, counter } = open();
    const ahead = 8_999_999_999_999_990n; // the year 2255, and not far from where doubles end
    await redis().set(counter, `${ahead}`);

    const first = await put(store, name, undefined, heldBy('a'));
    const second = await put(store, name, first, renewed(first));
    await redis().del(counter);
    const third = await put(store, name, second, renewed(second));

    expect([first, second, third].map(({ revision }) => revision)).toEqual([ahead + 1n, ahead + 2n, ahead + 3n]);
    expect((await get(store, name)).revision).toBe(ahead + 3n);
  });

  test('a request to hand over does not make the holder’s time longer', async () => {
    const { store, name, key } = open();
    const first = await put(store, name, undefined, heldBy('a', { durationMs: 60_000 }));
    await redis().set(key, (await redis().get(key)) ?? '', 10_000);

    const asked = await put(store, name, first, { ...heldBy('a', { durationMs: 60_000 }), handOffTo: 'b' });

    expect(asked.revision).toBeGreaterThan(first.revision);
    expect(asked.remainingMs).toBeLessThanOrEqual(10_000);
    expect(await redis().pttl(key)).toBeLessThanOrEqual(10_000);
    expect((await get(store, name)).handOffTo).toBe('b');
  });

  test('keeps a released lease for a day, free', async () => {
    const { store, name, key } = open();
    const first = await put(store, name, undefined, heldBy('a'));
    const free = await put(store, name, first, released(first, 'b'));

    expect(free.remainingMs).toBe(0);
    expect(await redis().pttl(key)).toBeGreaterThan(DAY_MS - 10_000);
    expect(await redis().pttl(key)).toBeLessThanOrEqual(DAY_MS);
    expect(await get(store, name)).toEqual({ ...free, handOffTo: 'b' });
  });

  test('has the server end a lease', async () => {
    const { store, name, key } = open();
    const first = await put(store, name, undefined, heldBy('a', { durationMs: 20 }));

    await vi.waitFor(async () => expect(await redis().get(key)).toBeUndefined(), { interval: 5 });

    expect(await store.read(name, never)).toBeUndefined();
    expect(await store.write(name, first, renewed(first), never)).toBeUndefined();
    expect((await put(store, name, undefined, heldBy('b'))).revision).toBeGreaterThan(first.revision);
  });

  test('says of a held lease that somebody has made permanent that it is not to be had; its holder mends that', async () => {
    const { store, name, key } = open();
    const first = await put(store, name, undefined, heldBy('a'));
    await redis().set(key, (await redis().get(key)) ?? '');

    const seen = await get(store, name);
    expect(seen.reservedBecause).toMatch(/does not expire/);
    expect(seen.remainingMs).toBeUndefined();
    expect(await store.write(name, seen, heldBy('b'), never)).toBeUndefined();

    await put(store, name, first, renewed(first));
    expect((await get(store, name)).reservedBecause).toBeUndefined();
  });

  test.each(['held by "me"', '[]', '{"revision":5,"holder":"","termId":""}', '{"revision":"5"}', '"x"', 'null', ''])(
    'says what it found where it cannot read a lease: %s',
    async (found) => {
      const { store, name, key } = open();
      await redis().set(key, found);

      const invalid = {
        fault: 'invalid',
        mayBeWritten: false,
        message: `redis: the key ${key} holds nothing of ours but ${JSON.stringify(found)}; delete it, or use another prefix`,
      };
      await expect(store.read(name, never)).rejects.toMatchObject(invalid);
      await expect(store.write(name, undefined, heldBy('a'), never)).rejects.toMatchObject(invalid);
      expect(await redis().get(key)).toBe(found);
    },
  );

  test.each(['many', '9007199254740991', '1e300'])('writes nothing where the counter holds %s', async (found) => {
    const { store, name, key, counter } = open();
    await redis().set(counter, found);

    await expect(store.write(name, undefined, heldBy('a'), never)).rejects.toMatchObject({
      fault: 'invalid',
      mayBeWritten: false,
      message: expect.stringContaining(`the key ${counter} holds nothing of ours but "${found}"`),
    });
    expect(await redis().get(key)).toBeUndefined();
  });

  test('tells a watch to look when it hears what it does not understand', async () => {
    const { store, name, key } = open();
    const first = await put(store, name, undefined, heldBy('a'));
    const watch = new Watching(store, name, first);
    const second = await put(store, name, first, renewed(first));
    await watch.untilWritten(second.revision);

    await redis().del(key);
    await redis().publish(`${key}:changes`, 'look');

    await watch.untilDeleted();
    await watch.stop();
    expect(watch.changes.at(-1)).toEqual({ type: 'hint' });
  });

  test('a watch that begins while another ends hears all the same', async () => {
    const { store, name } = open();
    let last = await put(store, name, undefined, heldBy('a'));
    let watch = new Watching(store, name, last);
    for (let round = 0; round < 6; round++) {
      const ended = watch.stop();
      if (round % 2 === 0) await ended; // the end of the subscription is on its way then; otherwise there is none
      watch = new Watching(store, name, last);
      for (let renewal = 0; renewal < 2; renewal++) {
        last = await put(store, name, last, renewed(last));
        await watch.untilWritten(last.revision);
      }
    }
    await watch.stop();
    expect(last.renewal).toBe(12);
  });
}
