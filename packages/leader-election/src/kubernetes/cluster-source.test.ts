import { VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { ClusterSource } from './cluster-source.ts';
import type { Cluster } from './cluster.ts';

const never = new AbortController().signal;

/** Gives tokens `t1`, `t2`, … for as long as it is told to, and remembers what it was asked. */
class Tokens {
  readonly asked: boolean[] = [];
  wallMs = 0;
  renewAtMs: number | undefined = undefined;
  expiresAtMs: number | undefined = undefined;
  /** While set, reading fails. */
  broken = false;
  /** Read what was read before. */
  same = false;
  hold: Promise<void> | undefined = undefined;
  readonly clock = new VirtualClock();
  readonly source = new ClusterSource(
    {
      read: async (refused) => {
        this.asked.push(refused);
        const number = this.same ? 1 : this.asked.length;
        await this.hold;
        if (this.broken) throw new Error('no such file');
        return { ...clusterWith(`t${number}`), renewAtMs: this.renewAtMs, expiresAtMs: this.expiresAtMs };
      },
    },
    { wallMs: () => this.wallMs },
    this.clock,
  );

  async token(): Promise<string | undefined> {
    return (await this.source.present(never)).token;
  }
}

function clusterWith(token: string): Cluster {
  const none = undefined;
  return {
    server: 'https://server',
    namespace: none,
    ca: none,
    certificate: none,
    key: none,
    serverName: none,
    insecure: false,
    token,
    renewAtMs: none,
    expiresAtMs: none,
  };
}

test('reads when it is first asked, once for all who ask', async () => {
  const tokens = new Tokens();
  expect(tokens.asked).toEqual([]);

  expect(await Promise.all([tokens.token(), tokens.token(), tokens.token()])).toEqual(['t1', 't1', 't1']);

  expect(tokens.asked).toEqual([false]);
});

test('reads again after a minute, and keeps nobody waiting for it', async () => {
  const tokens = new Tokens();
  await tokens.token();
  await tokens.clock.advance(59_999);
  expect(await tokens.token()).toBe('t1');
  expect(tokens.asked).toHaveLength(1);

  await tokens.clock.advance(1);
  expect(await tokens.token()).toBe('t1');
  await tokens.clock.advance(0);

  expect(await tokens.token()).toBe('t2');
  expect(tokens.asked).toEqual([false, false]);
});

test('keeps what it has when it cannot be read again', async () => {
  const tokens = new Tokens();
  await tokens.token();
  tokens.broken = true;
  await tokens.clock.advance(60_000);
  expect(await tokens.token()).toBe('t1');
  await tokens.clock.advance(0);

  expect(await tokens.token()).toBe('t1');
  expect(await tokens.source.otherThan(clusterWith('t1'), never)).toBeUndefined();
});

test('remembers why it could not be read again, until it can', async () => {
  const tokens = new Tokens();
  await tokens.token();
  expect(tokens.source.trouble).toBeUndefined();
  tokens.broken = true;
  await tokens.source.otherThan(clusterWith('t1'), never);
  expect(tokens.source.trouble).toMatchObject({ name: 'LeaseStoreError', mayBeWritten: false });

  tokens.broken = false;
  await tokens.source.otherThan(clusterWith('t1'), never);
  expect(tokens.source.trouble).toBeUndefined();
});

test('fails while nothing was ever read, and tries each time', async () => {
  const tokens = new Tokens();
  tokens.broken = true;
  await expect(tokens.token()).rejects.toThrow('no such file');
  tokens.broken = false;

  expect(await tokens.token()).toBe('t2');
});

test('goes on with credentials that end soon while others are got, and waits for these only once they have ended', async () => {
  const tokens = new Tokens();
  [tokens.renewAtMs, tokens.expiresAtMs] = [80_000, 100_000];
  await tokens.token();
  tokens.wallMs = 79_999;
  expect(await tokens.token()).toBe('t1');
  expect(tokens.asked).toHaveLength(1);
  let go = (): void => {};
  tokens.hold = new Promise((resolve) => (go = resolve));

  tokens.wallMs = 80_000;
  expect(await tokens.token()).toBe('t1');
  expect(tokens.asked).toHaveLength(2);
  tokens.wallMs = 99_999;
  expect(await tokens.token()).toBe('t1');
  expect(tokens.asked).toHaveLength(2);

  tokens.wallMs = 100_000;
  [tokens.renewAtMs, tokens.expiresAtMs] = [180_000, 200_000];
  const waiting = tokens.token();
  go();
  expect(await waiting).toBe('t2');
  expect(await tokens.token()).toBe('t2');
  expect(tokens.asked).toHaveLength(2);
});

test('goes on with credentials that have ended when there are no others: the server will say', async () => {
  const tokens = new Tokens();
  [tokens.renewAtMs, tokens.expiresAtMs] = [80_000, 100_000];
  await tokens.token();
  tokens.wallMs = 100_000;
  tokens.broken = true;

  expect(await tokens.token()).toBe('t1');
});

test('reads anew at a refusal, and says whether that changes anything', async () => {
  const tokens = new Tokens();
  const first = await tokens.source.present(never);

  expect(await tokens.source.otherThan(first, never)).toMatchObject({ token: 't2' });
  expect(tokens.asked).toEqual([false, true]);
  tokens.same = true;
  expect(await tokens.source.otherThan(clusterWith('t2'), never)).toMatchObject({ token: 't1' });
  expect(await tokens.source.otherThan(clusterWith('t1'), never)).toBeUndefined();
});

test('reads once for all that are refused together, and not at all for one that was refused before that', async () => {
  const tokens = new Tokens();
  const first = await tokens.source.present(never);

  const others = await Promise.all([tokens.source.otherThan(first, never), tokens.source.otherThan(first, never)]);
  others.push(await tokens.source.otherThan(first, never));

  expect(others.map((other) => other?.token)).toEqual(['t2', 't2', 't2']);
  expect(tokens.asked).toEqual([false, true]);
});

test('does not trust a read that began before the refusal', async () => {
  const tokens = new Tokens();
  const first = await tokens.source.present(never);
  await tokens.clock.advance(60_000);
  let go = (): void => {};
  tokens.hold = new Promise((resolve) => (go = resolve));
  await tokens.token(); // begins to read, in the background

  const other = tokens.source.otherThan(first, never);
  go();

  expect(await other).toMatchObject({ token: 't3' });
  expect(tokens.asked).toEqual([false, false, true]);
});

test('gives up waiting when the signal aborts, and keeps what comes of it for the next', async () => {
  const tokens = new Tokens();
  let go = (): void => {};
  tokens.hold = new Promise((resolve) => (go = resolve));
  const aborting = new AbortController();

  const waiting = tokens.source.present(aborting.signal);
  aborting.abort(new Error('no time left'));

  await expect(waiting).rejects.toMatchObject({
    name: 'LeaseStoreError',
    fault: 'unreachable',
    mayBeWritten: false, // nothing was sent
    message: expect.stringContaining('no time left') as unknown,
  });
  go();
  expect(await tokens.token()).toBe('t1');
  expect(tokens.asked).toHaveLength(1);
  await expect(new Tokens().source.present(aborting.signal)).rejects.toThrow('no time left');
});
