import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import { subscribe } from './events.ts';
import type { HoldfastEvent } from './events.ts';
import { Outcome } from './outcome.ts';
import { pipeline } from './pipeline.ts';
import { Again } from './policy.ts';
import type { CallContext, Guard, GuardCall, Wrapper } from './policy.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

/** A guard that writes down what happens to it. */
function recorder(name: string, log: string[], own: Partial<Guard> = {}): Guard {
  return {
    name,
    enter(call) {
      log.push(`> ${name}`);
      return own.enter?.(call);
    },
    exit(call, outcome, entered) {
      log.push(`< ${name} ${outcome.kind}`);
      return own.exit?.(call, outcome, entered);
    },
  };
}

const transparent = (log: string[], name: string): Wrapper => ({
  name,
  async run(operation) {
    log.push(`( ${name}`);
    try {
      return await operation();
    } finally {
      log.push(`) ${name}`);
    }
  },
});

const limit = (ms: number, reason: unknown, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => reason, cooperative),
});

const hang = (): Promise<never> => new Promise(() => {});
const endings: (() => void)[] = [];
afterEach(() => endings.splice(0).forEach((end) => end()));

function record(): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  endings.push(subscribe((event) => events.push(event)));
  return events;
}

describe('order', () => {
  test('enters the first named policy first and exits it last', async () => {
    const log: string[] = [];
    const p = pipeline('p', recorder('a', log), transparent(log, 'w'), recorder('b', log), recorder('c', log));
    await p.run(() => void log.push('operation'));
    expect(log).toEqual(['> a', '( w', '> b', '> c', 'operation', '< c success', '< b success', ') w', '< a success']);
  });

  test('exits only what was entered when a guard refuses, and tells the outer ones that it was a refusal', async () => {
    const log: string[] = [];
    const refusal = new Error('no');
    const shut: Guard = {
      enter() {
        throw refusal;
      },
      exit: () => void log.push('never'),
    };
    const p = pipeline('p', recorder('a', log), shut, recorder('b', log));
    await expect(p.run(() => log.push('never'))).rejects.toBe(refusal);
    expect(log).toEqual(['> a', '< a rejected']);
  });

  test('is a policy itself', async () => {
    const log: string[] = [];
    const inner = pipeline('inner', recorder('b', log));
    const outer = pipeline('outer', recorder('a', log), inner, recorder('c', log));
    await expect(outer.run((call) => call.pipeline)).resolves.toBe('outer');
    expect(log).toEqual(['> a', '> b', '> c', '< c success', '< b success', '< a success']);
  });

  test('calls enter and exit as methods of the guard', async () => {
    class Counter implements Guard {
      entered = 0;
      exited = 0;
      enter(): void {
        this.entered++;
      }
      exit(): void {
        this.exited++;
      }
    }
    const counter = new Counter();
    await pipeline('p', counter).run(() => 1);
    expect(counter).toMatchObject({ entered: 1, exited: 1 });
  });

  test('hands what enter returned back to exit, also through a promise', async () => {
    const seen: unknown[] = [];
    const now: Guard = { enter: () => 7, exit: (_call, _outcome, entered) => void seen.push(entered) };
    const later: Guard = { enter: async () => 8, exit: (_call, _outcome, entered) => void seen.push(entered) };
    await pipeline('p', now, later).run(() => 1);
    expect(seen).toEqual([8, 7]);
  });
});

describe('operations', () => {
  test.each([
    ['a plain value', () => 5, 5],
    ['undefined', () => undefined, undefined],
    ['null', () => null, null],
    ['a promise', async () => 6, 6],
    // oxlint-disable-next-line unicorn/no-thenable -- what is not a promise but can be awaited is awaited
    ['a thenable', () => ({ then: (resolve: (value: number) => void) => resolve(7) }) as PromiseLike<number>, 7],
  ])('may return %s', async (_what, operation, expected) => {
    await expect(pipeline('p', recorder('a', [])).run<unknown>(operation)).resolves.toBe(expected);
  });

  test('may throw at once, and the error keeps its identity', async () => {
    const error = new Error('at once');
    const fails = (): never => {
      throw error;
    };
    await expect(pipeline('p', limit(10, 0)).run(fails)).rejects.toBe(error);
  });

  test.each([undefined, null, 0, 'text'])('may throw %s', async (thrown) => {
    const log: string[] = [];
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever is thrown is passed through
    const run = pipeline('p', recorder('a', log)).run(() => Promise.reject(thrown));
    await expect(run).rejects.toBe(thrown);
    expect(log).toEqual(['> a', '< a failure']);
  });

  test('an error shows the caller through the whole pipeline in its stack', async () => {
    const p = pipeline('p', recorder('a', []), limit(1_000, 0), transparent([], 'w'), recorder('b', []), limit(500, 0));
    const fails = async (): Promise<never> => {
      await Promise.resolve();
      throw new Error('deep');
    };
    async function theCallersFunction(): Promise<void> {
      await p.run(async () => await fails());
    }
    const error = await theCallersFunction().catch((caught: unknown) => caught as Error);
    expect(error?.stack).toMatch(/theCallersFunction/);
    expect(error?.stack).toMatch(/fails/);
  });

  test('wrap passes this and the arguments on', async () => {
    const account = {
      balance: 5,
      add(this: { balance: number }, more: number): number {
        return this.balance + more;
      },
    };
    const add = pipeline('p', recorder('a', [])).wrap(account.add);
    await expect(add.call(account, 2)).resolves.toBe(7);
  });
});

describe('what exit may hand back', () => {
  test('another outcome, which those further out see', async () => {
    const log: string[] = [];
    const rescue = recorder('rescue', log, { exit: (_call, { threw }) => (threw ? Outcome.returned('rescued') : undefined) });
    const p = pipeline('p', recorder('a', log), rescue, recorder('b', log));
    await expect(p.run(() => Promise.reject(new Error('x')))).resolves.toBe('rescued');
    expect(log).toEqual(['> a', '> rescue', '> b', '< b failure', '< rescue failure', '< a success']);
  });

  test('the wish to descend again, with what is inside entered anew and the attempt counted', async () => {
    const log: string[] = [];
    const twice: Guard = {
      name: 'twice',
      exit: (_call, _outcome, entered) => (entered === undefined ? Promise.resolve(new Again('second')) : undefined),
    };
    const attempts: number[] = [];
    await pipeline('p', recorder('a', log), twice, recorder('b', log)).run((call) => void attempts.push(call.attempt));
    expect(log).toEqual(['> a', '> b', '< b success', '> b', '< b success', '< a success']);
    expect(attempts).toEqual([1, 2]);
  });

  test('nothing that breaks the call: an exit that throws is reported and the outcome stands', async () => {
    const events = record();
    const log: string[] = [];
    const fault = new Error('bug');
    const broken = recorder('broken', log, {
      exit() {
        throw fault;
      },
    });
    const p = pipeline('p', recorder('a', log), broken, recorder('b', log));
    await expect(p.run(() => 1)).resolves.toBe(1);
    expect(log.slice(-3)).toEqual(['< b success', '< broken success', '< a success']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'policy.faulted', policy: 'broken', error: fault }));
  });

  test('a promise that rejects is such a fault, too', async () => {
    const events = record();
    const broken: Guard = { name: 'broken', exit: () => Promise.reject(new Error('bug')) };
    await expect(pipeline('p', broken).run(() => 1)).resolves.toBe(1);
    expect(events.map(({ type }) => type)).toContain('policy.faulted');
  });
});

describe('time limits', () => {
  test('leave the operation behind, drop its late error, and keep its context aborted and its own', async () => {
    const clock = new VirtualClock();
    const late = new Error('late');
    const contexts: CallContext[] = [];
    const retryOnce: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };
    const p = pipeline({ name: 'p', clock }, retryOnce, limit(100, 'over'));
    const run = p.run(async (call) => {
      contexts.push(call);
      if (call.attempt === 2) return 'second';
      await clock.sleep(500);
      throw late;
    });
    await clock.advance(100);
    await expect(run).resolves.toBe('second');
    expect(contexts[0]!.signal).toMatchObject({ aborted: true, reason: 'over' });
    expect(contexts[0]!.attempt).toBe(1);
    expect(contexts[0]!.remainingMs()).toBe(0);
    expect(contexts[1]!.signal.aborted).toBe(false);
    await clock.advance(500); // the late rejection would be unhandled here
    expect(clock.pendingTimers).toEqual([]);
  });

  test('the outer one does not cancel what is further out', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const outside: Guard = {
      exit(call, outcome) {
        seen.push(call.cancelled, call.signal.aborted, outcome.kind);
      },
    };
    const run = pipeline({ name: 'p', clock }, outside, limit(100, new Error('over'))).run(hang);
    const failed = expect(run).rejects.toThrow('over');
    await clock.advance(100);
    await failed;
    expect(seen).toEqual([false, false, 'failure']);
  });

  test('the earliest of all limits is the deadline, and it only shrinks on the way in', async () => {
    const clock = new VirtualClock({ startMs: 1_000 });
    const seen: number[] = [];
    const look: Guard = { enter: (call) => void seen.push(call.remainingMs()) };
    const p = pipeline({ name: 'p', clock }, look, limit(300, 0), look, limit(900, 0), look);
    await p.run(
      (call) => {
        seen.push(call.remainingMs(), call.deadline);
      },
      { timeoutMs: 700 },
    );
    expect(seen).toEqual([700, 300, 300, 300, 1_300]);
  });

  test('a cooperative one tells the operation and waits: its answer still counts, its error becomes the time-out', async () => {
    const clock = new VirtualClock();
    const over = new Error('over');
    const p = pipeline({ name: 'p', clock }, limit(100, over, true));
    const obedient = p.run((call) => clock.sleep(1_000, call.signal));
    const stubborn = p.run(() => clock.sleep(300).then(() => 'made it'));
    const failed = expect(obedient).rejects.toBe(over);
    await clock.advance(300);
    await failed;
    await expect(stubborn).resolves.toBe('made it');
  });

  test('a hard one further in leaves behind what a cooperative one further out waits for', async () => {
    const clock = new VirtualClock();
    const p = pipeline({ name: 'p', clock }, limit(100, 'soft', true), limit(200, 'hard'));
    const failed = expect(p.run(hang)).rejects.toBe('hard');
    await clock.advance(200);
    await failed;
  });

  test('a cooperative one ends waits in queues at once', async () => {
    const clock = new VirtualClock();
    const queue: Guard = { enter: (call) => call.sleep(10_000) };
    const failed = expect(pipeline({ name: 'p', clock }, limit(100, 'soft', true), queue).run(() => 1)).rejects.toBe('soft');
    await clock.advance(100);
    await failed;
    expect(clock.pendingTimers).toEqual([]);
  });

  test('the caller is never told of a time-out when it was its own abort', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const failed = expect(
      pipeline({ name: 'p', clock }, limit(100, 'over')).run(hang, { signal: controller.signal }),
    ).rejects.toBe('mine');
    controller.abort('mine');
    await clock.advance(200);
    await failed;
  });

  test('a limit beyond 2^31-1 ms does not fire at once', async () => {
    const clock = new VirtualClock();
    let ended = false;
    void pipeline({ name: 'p', clock }, limit(2 ** 40, 'over'))
      .run(hang)
      .catch(() => (ended = true));
    await clock.advance(2 ** 39);
    expect(ended).toBe(false);
    await clock.advance(2 ** 39);
    expect(ended).toBe(true);
  });
});

describe('cancellation has a depth', () => {
  test('an inner limit does not reach listeners further out, an outer one does', async () => {
    const clock = new VirtualClock();
    const told: string[] = [];
    const listener = (name: string): Guard => ({
      enter: (call) => void call.onCancel((reason) => told.push(`${name} ${String(reason)}`)),
    });
    const p = pipeline({ name: 'p', clock }, listener('outer'), limit(100, 'over'), listener('inner'));
    const failed = expect(p.run(hang)).rejects.toBe('over');
    await clock.advance(100);
    await failed;
    expect(told).toEqual(['inner over']);
  });

  test("the caller's abort in the very moment of an inner time-out wins over it", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const seen: unknown[] = [];
    const outside: Guard = { exit: (call, { kind }) => void seen.push(call.cancelled, kind) };
    const run = pipeline({ name: 'p', clock }, outside, limit(100, 'over')).run(
      (call) => {
        call.signal.addEventListener('abort', () => controller.abort('mine'));
        return hang();
      },
      { signal: controller.signal },
    );
    const failed = expect(run).rejects.toBe('mine');
    await clock.advance(100);
    await failed;
    expect(seen).toEqual([true, 'cancelled']);
  });

  test('an outer limit that ends before the inner one was unwound holds for those between', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const between: Guard = { exit: (call) => void seen.push(call.cancelled, call.reason) };
    const failed = expect(
      pipeline({ name: 'p', clock }, limit(100, 'outer'), between, limit(100, 'inner')).run(hang),
    ).rejects.toBe('outer');
    await clock.advance(100);
    await failed;
    expect(seen).toEqual([true, 'outer']);
  });

  test('a wish to descend again is not granted once the call is over', async () => {
    const controller = new AbortController();
    const stubborn: Guard = {
      exit() {
        controller.abort('enough');
        return new Again();
      },
    };
    let runs = 0;
    await expect(pipeline('p', stubborn).run(() => ++runs, { signal: controller.signal })).rejects.toBe('enough');
    expect(runs).toBe(1);
  });

  test('a cooperative limit does not wait at a door that hears nothing', async () => {
    const clock = new VirtualClock();
    const deaf: Guard = { enter: () => hang() };
    const failed = expect(pipeline({ name: 'p', clock }, limit(100, 'soft', true), deaf).run(() => 1)).rejects.toBe('soft');
    await clock.advance(100);
    await failed;
  });

  test("the caller's abort ends what a cooperative limit waits for, also inside a wrapper and a nested pipeline", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const log: string[] = [];
    const inner = pipeline({ name: 'inner', clock }, recorder('g', log));
    const p = pipeline({ name: 'p', clock }, limit(100, 'soft', true), transparent([], 'w'), inner);
    const run = p.run(hang, { signal: controller.signal });
    let ended: unknown;
    run.catch((error: unknown) => (ended = error));
    await clock.advance(200);
    expect(ended).toBeUndefined();
    controller.abort('mine');
    await clock.advance(0);
    expect(ended).toBe('mine');
    expect(log).toEqual(['> g', '< g cancelled']);
  });

  test('a listener taken back is not called, one that throws keeps the others from nothing', async () => {
    const events = record();
    const controller = new AbortController();
    const told: string[] = [];
    const p = pipeline('p', {
      enter(call) {
        call.onCancel(() => told.push('taken back'))();
        call.onCancel(() => {
          throw new Error('bug');
        });
        call.onCancel(() => told.push('last'));
      },
    });
    const failed = expect(p.run(hang, { signal: controller.signal })).rejects.toBe('x');
    controller.abort('x');
    await failed;
    expect(told).toEqual(['last']);
    expect(events.map(({ type }) => type)).toContain('policy.faulted');
  });

  test('a listener that comes late is called at once', async () => {
    const told: unknown[] = [];
    const controller = new AbortController();
    const run = pipeline('p').run(
      () => {
        controller.abort('gone');
        return hang();
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toBe('gone');
    const late: Guard = { exit: (call: GuardCall) => void call.onCancel((reason) => told.push(reason)) };
    const second = new AbortController();
    const rejected = pipeline('p', late).run(
      () => {
        second.abort('again');
        return 1;
      },
      { signal: second.signal },
    );
    await expect(rejected).resolves.toBe(1); // the answer was there first
    expect(told).toEqual(['again']);
  });
});

describe("the caller's signal", () => {
  test('aborted beforehand: nothing is entered', async () => {
    const log: string[] = [];
    const p = pipeline('p', recorder('a', log));
    await expect(p.run(() => log.push('ran'), { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(log).toEqual([]);
    expect(p.snapshot().inFlight).toBe(0);
  });

  test('ends a wait at a door at once; a guard that admits later is exited then', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const admission = Promise.withResolvers<string>();
    const exits: unknown[] = [];
    const slowDoor: Guard = {
      enter: () => admission.promise,
      exit: (_call, { kind, ran }, entered) => void exits.push([kind, ran, entered]),
    };
    const p = pipeline('p', recorder('a', log), slowDoor, recorder('b', log));
    const run = expect(p.run(() => 1, { signal: controller.signal })).rejects.toBe('gone');
    controller.abort('gone');
    await run;
    expect(log).toEqual(['> a', '< a cancelled']);
    expect(exits).toEqual([]);
    admission.resolve('permit');
    await admission.promise;
    expect(exits).toEqual([['cancelled', false, 'permit']]);
  });

  test('a late exit that fails is reported, and nothing else', async () => {
    const events = record();
    const controller = new AbortController();
    const admission = Promise.withResolvers<void>();
    const door: Guard = { name: 'door', enter: () => admission.promise, exit: () => Promise.reject(new Error('bug')) };
    const run = expect(pipeline('p', door).run(() => 1, { signal: controller.signal })).rejects.toBe('gone');
    controller.abort('gone');
    await run;
    admission.resolve();
    await new Promise(setImmediate);
    expect(events).toContainEqual(expect.objectContaining({ type: 'policy.faulted', policy: 'door' }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'call.dequeued', policy: 'door', admitted: false, attempt: 1 }),
    );
  });

  test('between admission and the operation: the guard is exited, the operation does not run', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const door = recorder('door', log, { enter: async () => controller.abort('gone') });
    await expect(pipeline('p', door).run(() => log.push('ran'), { signal: controller.signal })).rejects.toBe('gone');
    expect(log).toEqual(['> door', '< door cancelled']);
  });

  test('leaves no listener behind and warns of none with a thousand calls on one signal', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown): number => warnings.push(warning);
    process.on('warning', onWarning);
    endings.push(() => process.off('warning', onWarning));
    const { signal } = new AbortController();
    const listeners = { added: 0 };
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners.added++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners.added--;
      removeEventListener.apply(signal, args);
    };
    const gate = Promise.withResolvers<void>();
    const runs = Array.from({ length: 1_000 }, () => pipeline('p').run(() => gate.promise, { signal }));
    gate.resolve();
    await Promise.all(runs);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(listeners.added).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('keeps the async context of each caller through a queue', async () => {
    const storage = new AsyncLocalStorage<string>();
    const gate = Promise.withResolvers<void>();
    const p = pipeline('p', { enter: () => gate.promise });
    const first = storage.run('first', () => p.run(() => storage.getStore()));
    const second = storage.run('second', () => p.run(() => storage.getStore()));
    storage.run('who opened the gate', () => gate.resolve());
    await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
  });
});

describe('classification', () => {
  const kindOf = async (classify: Parameters<typeof pipeline>[0], operation: () => unknown): Promise<string[]> => {
    const log: string[] = [];
    await pipeline(classify, recorder('a', log))
      .run(operation)
      .catch(() => {});
    return log.slice(1);
  };

  test('a classifier judges values and errors', async () => {
    const classify = ({ threw, value }: { threw: boolean; value: unknown }) =>
      threw ? 'ignored' : value === 503 ? 'failure' : undefined;
    expect(await kindOf({ name: 'p', classify }, () => 503)).toEqual(['< a failure']);
    expect(await kindOf({ name: 'p', classify }, () => 200)).toEqual(['< a success']);
    expect(await kindOf({ name: 'p', classify }, () => Promise.reject(new Error('x')))).toEqual(['< a ignored']);
  });

  test('a classifier that throws is reported, and the default holds', async () => {
    const events = record();
    const classify = (): never => {
      throw new Error('bug');
    };
    expect(await kindOf({ name: 'p', classify }, () => 1)).toEqual(['< a success']);
    expect(events.map(({ type }) => type)).toContain('policy.faulted');
  });

  test('an ending is classified once: an outer pipeline takes over the word of the inner one', async () => {
    const log: string[] = [];
    const shut: Guard = {
      enter() {
        throw new Error('refused inside');
      },
    };
    const inner = pipeline({ name: 'inner' }, shut);
    const outer = pipeline('outer', recorder('a', log));
    await expect(outer.run((call) => inner.run(() => 1, call))).rejects.toThrow('refused inside');
    expect(log).toEqual(['> a', '< a rejected']);
  });

  test('ran is false only where nothing was begun, also seen through wrappers and nested pipelines', async () => {
    const seen: unknown[] = [];
    const look: Guard = { exit: (_call, { kind, ran }) => void seen.push([kind, ran]) };
    const shut: Guard = {
      enter() {
        throw new Error('refused');
      },
    };
    const inner = pipeline('inner', shut);
    const refusals = [
      pipeline('p', look, shut).run(() => 1),
      pipeline('p', look, transparent([], 'w'), shut).run(() => 1),
      pipeline('p', look, inner).run(() => 1),
      pipeline('p', look).run((call) => inner.run(() => 1, call)),
    ];
    await Promise.allSettled(refusals);
    expect(seen).toEqual(expect.arrayContaining([['rejected', true]]));
    expect(seen.filter((one) => JSON.stringify(one) === '["rejected",false]').length).toBe(3);
  });

  test('an exit-only guard inside a retry is not handed what it got the time before', async () => {
    const seen: unknown[] = [];
    const times: Guard = {
      exit: (_call, _outcome, entered) =>
        ((entered as number) ?? 0) < 2 ? new Again(((entered as number) ?? 0) + 1) : undefined,
    };
    const inside: Guard = {
      exit(_call, _outcome, entered) {
        seen.push(entered);
        return entered === undefined ? new Again('once') : undefined;
      },
    };
    await pipeline('p', times, inside).run(() => 1);
    expect(seen).toEqual([undefined, 'once', undefined, 'once', undefined, 'once']);
  });

  test('an attempt is slow from slowCallMs on, unless it was our own loop that was blocked', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const p = pipeline({ name: 'p', clock }, { ...recorder('a', log), slowCallMs: 50 });
    const fast = p.run(() => clock.sleep(49));
    await clock.advance(49);
    await fast;
    const slow = p.run(() => clock.sleep(50));
    await clock.advance(50);
    await slow;
    const stalled = p.run(() => clock.sleep(20));
    clock.stall(300);
    await clock.advance(0);
    await stalled;
    expect(log.filter((line) => line.startsWith('<'))).toEqual(['< a success', '< a slow', '< a success']);
  });

  test('a time-out during a stall is the fault of nobody', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const p = pipeline({ name: 'p', clock }, recorder('a', log), limit(100, 'over'));
    const run = expect(p.run(hang)).rejects.toBe('over');
    clock.stall(300);
    await clock.advance(0);
    await run;
    expect(log).toEqual(['> a', '< a stalled']);
  });

  test('a reply that arrived during a stall wins over the time-out', async () => {
    const clock = new VirtualClock();
    const reply = Promise.withResolvers<string>();
    const run = pipeline({ name: 'p', clock }, limit(100, 'over')).run(() => reply.promise);
    clock.stall(300);
    reply.resolve('there');
    await clock.advance(0);
    await expect(run).resolves.toBe('there');
  });
});

describe('wrappers', () => {
  test('may run the inside several times at once, each in a fork that is cancelled alone', async () => {
    const clock = new VirtualClock();
    const ended: string[] = [];
    const race: Wrapper = {
      name: 'race',
      async run(operation, call) {
        const forks = [call.fork(1), call.fork(2)];
        const runs = forks.map((fork) => operation(fork));
        runs.forEach((run) => void run.catch(() => {}));
        const winner = await Promise.race(runs);
        for (const fork of forks) fork.cancel('lost');
        forks.forEach((fork) => fork.close());
        return winner;
      },
    };
    const run = pipeline({ name: 'p', clock }, race, recorder('g', ended)).run(async (call) => {
      await clock.sleep(call.attempt * 100, call.signal);
      return call.attempt;
    });
    await clock.advance(100);
    await expect(run).resolves.toBe(1);
    expect(ended).toEqual(['> g', '> g', '< g success', '< g cancelled']);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('are cancelled with the call around them, and so is all inside', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const p = pipeline({ name: 'p', clock }, limit(100, 'over'), transparent(log, 'w'), recorder('g', log));
    const signals: AbortSignal[] = [];
    const failed = expect(
      p.run((call) => {
        signals.push(call.signal);
        return hang();
      }),
    ).rejects.toBe('over');
    await clock.advance(100);
    await failed;
    expect(signals[0]!.aborted).toBe(true);
    expect(log).toEqual(['( w', '> g', '< g failure', ') w']);
  });

  test('that never run the inside decide the result', async () => {
    const cache: Wrapper<string> = { run: async () => 'cached' };
    const result: string | number = await pipeline('p', cache).run(() => 5);
    expect(result).toBe('cached');
  });
});

describe('what an operation leaves behind', () => {
  test('whenSettled waits for it, through pipelines around it', async () => {
    const clock = new VirtualClock();
    const settled: string[] = [];
    const holder = (name: string): Guard => ({
      exit: (call: GuardCall) => void call.whenSettled()?.then(() => settled.push(name)),
    });
    const inner = pipeline({ name: 'inner', clock }, limit(100, 'over'));
    const outer = pipeline({ name: 'outer', clock }, holder('outer'));
    const run = outer.run((call) => inner.run(() => clock.sleep(400), call));
    const failed = expect(run).rejects.toBe('over');
    await clock.advance(100);
    await failed;
    expect(settled).toEqual([]);
    await clock.advance(300);
    expect(settled).toEqual(['outer']);
  });
});

test('whenSettled of what a retry enters anew does not wait for the attempt before', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const watch = (name: string): Guard => ({
    exit: (call: GuardCall, { threw }) =>
      void seen.push(`${name} ${threw ? 'threw' : 'answered'} ${call.whenSettled() !== undefined}`),
  });
  const retryOnce: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };
  const p = pipeline({ name: 'p', clock }, watch('outer'), retryOnce, watch('inner'), limit(100, 'over'));
  const run = p.run((call) => (call.attempt === 1 ? clock.sleep(400) : undefined));
  await clock.advance(100);
  await run;
  expect(seen).toEqual(['inner threw true', 'inner answered false', 'outer answered true']);
  await clock.advance(400);
});

describe('options', () => {
  const at = (call: () => unknown): unknown => {
    try {
      call();
      return undefined;
    } catch (error) {
      return error;
    }
  };

  test.each([
    [() => pipeline(''), 'name'],
    [() => pipeline({ name: 'p', clok: 1 } as never), 'clok'],
    [() => pipeline('p', {} as never), 'policies[0]'],
    [() => pipeline('p', { enter() {}, run() {} } as never), 'policies[0]'],
    [() => pipeline('p', { enter() {}, clock: new VirtualClock() } as never), 'policies[0].clock'],
    [() => pipeline('p', pipeline({ name: 'inner', clock: new VirtualClock() })), 'policies[0].clock'],
    [() => pipeline({ name: 'p', clock: {} as never }), 'clock'],
  ])('nonsense is refused at construction, by its name (%#)', (make, option) => {
    expect(at(make)).toMatchObject({ code: 'HOLDFAST_CONFIG', option });
  });

  test('an unknown option names the nearest known one', () => {
    expect(at(() => pipeline({ name: 'p', clasify: 1 } as never))).toMatchObject({
      message: expect.stringContaining('did you mean classify?'),
    });
  });

  test.each([
    [{ timeoutMs: -1 }, 'timeoutMs'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs'],
    [{ timeoutMs: '5' }, 'timeoutMs'],
    [{ signal: {} }, 'signal'],
    [{ signal: 'x' }, 'signal'],
    [{ key: 5 }, 'key'],
    [{ criticality: 'high' }, 'criticality'],
    [{ idempotent: 'yes' }, 'idempotent'],
    [{ attributes: 1 }, 'attributes'],
    [{ parent: {} }, 'parent'],
    [{ attempt: 0 }, 'attempt'],
    [{ timoutMs: 5 }, 'timoutMs'],
    [5, 'options'],
  ])('nonsense given to run rejects, and nothing runs (%j)', async (options, option) => {
    const log: string[] = [];
    const run = pipeline('p', recorder('a', log)).run(() => 1, options as never);
    await expect(run).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG', option });
    expect(log).toEqual([]);
  });

  test('undefined options are as good as none', async () => {
    const options = { signal: undefined, timeoutMs: undefined, key: undefined, criticality: undefined };
    await expect(pipeline('p').run(() => 1, options)).resolves.toBe(1);
  });

  test('an operation that is no function is refused', async () => {
    await expect(pipeline('p').run(5 as never)).rejects.toMatchObject({ option: 'operation' });
  });

  test('what a call is told, its operation and the calls inside it see', async () => {
    const inner = pipeline('inner');
    const seen = await pipeline('outer').run(
      (outer) =>
        inner.run(
          ({ key, criticality, idempotent, attributes, pipeline: name }) => ({ key, criticality, idempotent, attributes, name }),
          { parent: outer, criticality: 'sheddable' },
        ),
      { key: 'k', criticality: 'critical_plus', idempotent: true, attributes: { a: 1 } },
    );
    await expect(pipeline('p').run((call) => call.attempt, { attempt: 3 })).resolves.toBe(3);
    expect(seen).toEqual({ key: 'k', criticality: 'sheddable', idempotent: true, attributes: { a: 1 }, name: 'inner' });
  });

  test('timeoutMs bounds the run as a deadline', async () => {
    const clock = new VirtualClock();
    const failed = expect(pipeline({ name: 'p', clock }).run(hang, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'HOLDFAST_DEADLINE',
      timeoutMs: 50,
      policy: 'p',
    });
    await clock.advance(50);
    await failed;
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('what is read after the end', () => {
  test('the deadline of a context stays what it was', async () => {
    const clock = new VirtualClock();
    let context: CallContext | undefined;
    const run = pipeline({ name: 'p', clock }, limit(100, 'over')).run((call) => {
      context = call;
      return clock.sleep(20);
    });
    await clock.advance(20);
    await run;
    expect(context!.deadline).toBe(100);
    await clock.advance(500);
    expect(context!.deadline).toBe(100);
    expect(context!.remainingMs()).toBe(0);
  });

  test('a fork of an exit that was cut is cancelled, and stays so', async () => {
    const clock = new VirtualClock();
    let fork: CallContext | undefined;
    const rescue: Guard = {
      exit(call) {
        fork = call.fork();
        return clock.sleep(1_000).then(() => Outcome.returned('too late'));
      },
    };
    const failed = expect(pipeline({ name: 'p', clock }, limit(100, 'over'), rescue).run(() => 1)).rejects.toBe('over');
    await clock.advance(100);
    await failed;
    expect(fork!.signal).toMatchObject({ aborted: true, reason: 'over' });
    expect(fork!.remainingMs()).toBe(0);
    await clock.advance(1_000);
  });
});

test('a call without time is not begun', async () => {
  const log: string[] = [];
  const p = pipeline('p', recorder('a', log));
  await expect(p.run(() => log.push('ran'), { timeoutMs: 0 })).rejects.toMatchObject({ code: 'HOLDFAST_DEADLINE' });
  expect(log).toEqual([]);
});

test('the snapshot counts the calls in flight and asks each policy', async () => {
  const gate = Promise.withResolvers<void>();
  const p = pipeline(
    'p',
    { name: 'plain', enter() {} },
    { name: 'rich', enter() {}, snapshot: () => ({ policy: 'rich', n: 1 }) },
  );
  const run = p.run(() => gate.promise);
  expect(p.snapshot()).toEqual({ name: 'p', inFlight: 1, policies: [{ policy: 'plain' }, { policy: 'rich', n: 1 }] });
  gate.resolve();
  await run;
  expect(p.snapshot().inFlight).toBe(0);
});

test('a classifier that answers nonsense, such as a promise, is reported, and the default holds', async () => {
  const events = record();
  const log: string[] = [];
  const classify = (async () => 'failure') as never;
  await pipeline({ name: 'p', classify }, recorder('a', log)).run(() => 1);
  expect(log).toEqual(['> a', '< a success']);
  expect(events).toContainEqual(expect.objectContaining({ type: 'policy.faulted', policy: 'classify' }));
});

describe('a policy in the place of the name', () => {
  test.each([
    ['a guard', { name: 'guard', enter: () => {} }],
    ['one that only exits', { name: 'guard', exit: () => {} }],
    ['a pipeline', pipeline('inner')],
    [
      'one of a class',
      new (class {
        enter(): void {}
      })(),
    ],
  ])('%s is refused, and not taken for options', (_what, policy) => {
    const make = (): unknown => pipeline(policy as never, { enter: () => {} });
    expect(make).toThrow(expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'pipeline', option: 'name' }));
    expect(make).toThrow('the policies come after it');
  });
});

describe('wrap with options by the arguments', () => {
  const keyOfCall = (seen: unknown[]): Guard => ({ name: 'sees', enter: ({ key }) => void seen.push(key) });

  test('gives each run its own', async () => {
    const seen: unknown[] = [];
    const find = pipeline('p', keyOfCall(seen)).wrap(
      async (id: number, factor: number) => id * factor,
      (id) => ({ key: `user ${id}` }),
    );
    expect([await find(1, 2), await find(2, 3)]).toEqual([2, 6]);
    expect(seen).toEqual(['user 1', 'user 2']);
  });

  test('rejects with what the function throws, and calls nothing', async () => {
    let calls = 0;
    const odd = new Error('odd');
    const find = pipeline('p').wrap(
      (id: number) => calls++ + id,
      () => {
        throw odd;
      },
    );
    await expect(find(1)).rejects.toBe(odd);
    expect(calls).toBe(0);
  });

  test('rejects with a ConfigError where it gives nonsense', async () => {
    const find = pipeline('p').wrap(
      (id: number) => id,
      () => ({ kye: 'x' }) as never,
    );
    await expect(find(1)).rejects.toMatchObject({ code: 'HOLDFAST_CONFIG', option: 'kye' });
  });
});

describe('an operation that returns an odd promise', () => {
  class Derived<T> extends Promise<T> {
    // oxlint-disable-next-line unicorn/no-thenable -- of somebody's own
    override then(onFulfilled?: unknown): never {
      (onFulfilled as (value: number) => void)(7);
      return 'not a promise' as never;
    }
  }
  // oxlint-disable-next-line unicorn/no-thenable -- one that its owner has changed
  const oddly = (then: unknown): Promise<number> => Object.defineProperty(Promise.resolve(1), 'then', { value: then });

  test.each([
    [
      'whose `then` throws',
      () =>
        oddly(() => {
          throw new Error('odd');
        }),
    ],
    ['whose `then` calls back and returns nothing', () => oddly((resolve: (value: number) => void) => resolve(7))],
    ['of a class of its own', () => new Derived<number>(() => {})],
  ])('%s ends the call as any other, and leaves no stage entered', async (_what, make) => {
    const log: string[] = [];
    const p = pipeline('p', recorder('a', log));
    const run = p.run(make);
    expect(run).toBeInstanceOf(Promise);
    await run.catch(() => {});
    expect(log).toHaveLength(2);
    expect(p.snapshot().inFlight).toBe(0);
  });
});
