import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { hub, publish, runAround, subscribe } from './events.ts';
import type { HoldfastEvent, Listener, Subscription } from './events.ts';
import { pipeline } from './pipeline.ts';
import type { CallContext } from './policy.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const endings: (() => void)[] = [];
afterEach(() => endings.splice(0).forEach((end) => end()));
const listen = (listener: Listener, subscription?: Subscription): (() => void) => {
  const end = subscribe(listener, subscription);
  endings.push(end);
  return end;
};

const queued = (callId: number): HoldfastEvent => ({
  type: 'call.queued',
  at: 0,
  callId,
  pipeline: 'p',
  policy: 'q',
  attempt: 1,
});
const fault = (): never => {
  throw new Error('a fault of the listener');
};
// A listener should not be async, and may be all the same.
const faultLater = (async () => fault()) as Listener;
const call = {} as CallContext;

/** What happened unhandled while `act` ran and after it. */
async function unhandled(act: () => unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  const note = (error: unknown): void => void seen.push(error);
  const own = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  await act();
  await new Promise((resolve) => setImmediate(resolve)); // Node reports them after promise reactions
  process.off('unhandledRejection', note);
  own.forEach((listener) => process.on('unhandledRejection', listener));
  return seen;
}

describe('subscribe', () => {
  test('tells every listener every event, in the order of subscription, until it ends', () => {
    const seen: string[] = [];
    const endA = listen(() => seen.push('a'));
    listen(() => seen.push('b'));
    publish(queued(1));
    endA();
    endA();
    publish(queued(2));
    expect(seen).toEqual(['a', 'b', 'b']);
  });

  test('the hub is active just while somebody listens, and around while somebody wants to be', () => {
    expect(hub).toEqual({ active: false, around: false });
    const endListener = listen(() => {});
    expect(hub).toEqual({ active: true, around: false });
    const endAround = listen(() => {}, { around: (_call, run) => run() });
    expect(hub).toEqual({ active: true, around: true });
    endAround();
    expect(hub).toEqual({ active: true, around: false });
    endListener();
    expect(hub).toEqual({ active: false, around: false });
  });

  test('the same function subscribed twice is two subscriptions', () => {
    let calls = 0;
    const listener = (): void => void calls++;
    const end = listen(listener);
    listen(listener);
    publish(queued(1));
    end();
    publish(queued(2));
    expect(calls).toBe(3);
  });

  test('a listener that throws keeps nothing from the others', () => {
    const seen: HoldfastEvent[] = [];
    listen(fault);
    listen((event) => seen.push(event));
    publish(queued(1));
    expect(seen).toEqual([queued(1)]);
  });

  test('a listener whose promise rejects does not end the process', async () => {
    listen(faultLater);
    expect(await unhandled(() => publish(queued(1)))).toEqual([]);
  });

  test('a listener may end its own subscription while it is called', () => {
    const seen: string[] = [];
    const end = listen(() => {
      seen.push('once');
      end();
    });
    listen(() => seen.push('always'));
    publish(queued(1));
    publish(queued(2));
    expect(seen).toEqual(['once', 'always', 'always']);
  });

  test('whose subscription another listener ends is not told any more, not even of this event', () => {
    const seen: string[] = [];
    listen(() => endOther());
    const endOther = listen(() => seen.push('ended'));
    publish(queued(1));
    expect(seen).toEqual([]);
  });

  test('a listener subscribed by another one hears from the next event on', () => {
    const seen: unknown[] = [];
    const end = listen(() => {
      end();
      listen(({ callId }) => seen.push(callId));
    });
    publish(queued(1));
    publish(queued(2));
    expect(seen).toEqual([2]);
  });

  test('what a listener publishes reaches the others first', () => {
    const seen: unknown[] = [];
    listen(({ callId }) => {
      if (callId === 1) publish(queued(2));
    });
    listen(({ callId }) => seen.push(callId));
    publish(queued(1));
    expect(seen).toEqual([2, 1]);
  });

  test.each([
    ['listener', () => subscribe(undefined as never)],
    ['around', () => subscribe(() => {}, { around: 5 as never })],
  ])('refuses a %s that is no function, and subscribes nothing', (option, act) => {
    expect(act).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'subscribe', option }));
    expect(hub.active).toBe(false);
  });
});

describe('around', () => {
  const arounds: [string, NonNullable<Subscription['around']>][] = [
    ['that does as it should', (_call, run) => run()],
    ['that throws before', fault],
    [
      'that throws after',
      (_call, run) => {
        run();
        return fault();
      },
    ],
    ['that never calls run', () => undefined as never],
    [
      'that calls run twice',
      (_call, run) => {
        run();
        return run();
      },
    ],
    ['that calls run later', (_call, run) => Promise.resolve().then(run) as never],
    ['that is an async function', (async (_call: CallContext, run: () => unknown) => await run()) as never],
    ['that answers something else', () => 'else' as never],
    [
      'that swallows the error',
      (_call, run) => {
        try {
          return run();
        } catch {
          return undefined as never;
        }
      },
    ],
  ];

  test.each(arounds)('one %s changes neither value nor error, nor how often the inside runs', async (_what, around) => {
    const order: string[] = [];
    listen(() => {}, { around });
    listen(() => {}, {
      around(_call, run) {
        order.push('other');
        return run();
      },
    });
    const value = {};
    const error = new Error('of the operation');
    const seen = await unhandled(async () => {
      expect(runAround(call, () => order.push('operation') && value)).toBe(value);
      expect(order).toEqual(['other', 'operation']);
      expect(() =>
        runAround(call, () => {
          throw error;
        }),
      ).toThrow(error);
      const rejected = runAround(call, async () => {
        throw error;
      });
      await expect(rejected).rejects.toBe(error);
    });
    expect(seen).toEqual([]);
  });

  test('the first subscriber is outermost, and each is called as a method', () => {
    const order: string[] = [];
    class Around implements Subscription {
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      around<T>(_call: CallContext, run: () => T): T {
        order.push(`> ${this.name}`);
        const value = run();
        order.push(`< ${this.name}`);
        return value;
      }
    }
    listen(() => {}, new Around('a'));
    listen(() => {});
    listen(() => {}, new Around('b'));
    runAround(call, () => order.push('operation'));
    expect(order).toEqual(['> a', '> b', 'operation', '< b', '< a']);
  });

  test('does not await, nor touch, what the operation answers', () => {
    const then = vi.fn<() => void>();
    // oxlint-disable-next-line unicorn/no-thenable -- such as a query that runs when it is awaited
    const lazy = { then };
    listen(() => {}, { around: (_call, run) => run() });
    expect(runAround(call, () => lazy)).toBe(lazy);
    expect(then).not.toHaveBeenCalled();
  });

  test('what it makes active is active in the operation, and it gets the attempt as the operation sees it', async () => {
    const storage = new AsyncLocalStorage<number>();
    listen(() => {}, { around: (inside, run) => storage.run(inside.id, run) });
    const p = pipeline({ name: 'p', clock: new VirtualClock() });
    const [stored, id] = await p.run(async (inside) => {
      await Promise.resolve();
      return [storage.getStore(), inside.id] as const;
    });
    expect(stored).toBe(id);
  });
});

test('the events of a call say when, in which pipeline, how it ended and how long it took', async () => {
  const clock = new VirtualClock({ startMs: 100 });
  const seen: HoldfastEvent[] = [];
  listen((event) => seen.push(event));
  const error = new Error('down');
  const run = pipeline({ name: 'p', clock }).run(() => clock.sleep(20).then(() => Promise.reject(error)));
  const failed = run.catch((caught: unknown) => caught);
  await clock.advance(20);
  await expect(failed).resolves.toBe(error);
  const started = seen[0] as HoldfastEvent & { type: 'call.started' };
  const { callId } = started;
  expect(started.call.id).toBe(callId);
  const base = { callId, pipeline: 'p' };
  expect(seen.slice(1)).toEqual([
    { type: 'attempt.started', at: 100, attempt: 1, ...base },
    { type: 'attempt.finished', at: 120, attempt: 1, kind: 'failure', error, durationMs: 20, ...base },
    { type: 'call.finished', at: 120, kind: 'failure', error, durationMs: 20, attempts: 1, trail: [], ...base },
  ]);
});

test('a run through a pipeline is the same with listeners that fail in every way', async () => {
  listen(fault, { around: fault });
  listen(faultLater);
  const p = pipeline('p', { enter() {} });
  await expect(p.run(() => 5)).resolves.toBe(5);
  await expect(p.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});
