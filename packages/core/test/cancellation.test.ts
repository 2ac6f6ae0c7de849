// Cancelling has a depth, and a part of a call that is over is over: what holds for whom, and for how long.
import { describe, expect, test } from 'vitest';
import type { Timer } from '../src/clock.ts';
import { openCall } from '../src/open-call.ts';
import { pipeline } from '../src/pipeline.ts';
import { Again } from '../src/policy.ts';
import type { CallContext, ForkedCall, Guard, GuardCall, Wrapper, WrapperCall } from '../src/policy.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';

const hang = (): Promise<never> => new Promise(() => {});
const limit = (ms: number, reason: unknown, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => reason, cooperative),
});
const retryOnce: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };

/** A clock whose timers a test fires by hand, also while the engine is at work. */
class HandClock extends VirtualClock {
  readonly timers: Timer[] = [];
  override arm(timer: Timer, delayMs: number): void {
    super.arm(timer, delayMs);
    this.timers.push(timer);
  }
  fire(index: number): void {
    const timer = this.timers[index]!;
    this.disarm(timer);
    timer.fire(false);
  }
}

describe('a limit', () => {
  test('cancels nothing for the guard that sets it', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const own: Guard = {
      async enter(call) {
        call.limit(10, () => 'over');
        call.onCancel((reason) => seen.push(reason));
        await clock.sleep(20);
        seen.push(call.cancelled, call.signal.aborted);
      },
    };
    const run = expect(pipeline({ name: 'p', clock }, own).run(() => 1)).rejects.toBe('over');
    await clock.advance(20);
    await run;
    expect(seen).toEqual([false, false]);
  });

  test('cancels nothing for the guard that sets it while that is being left, either', async () => {
    const clock = new HandClock();
    const seen: unknown[] = [];
    const own: Guard = {
      enter(call) {
        call.limit(10, () => 'over');
        queueMicrotask(() => {
          clock.fire(0);
          seen.push(call.cancelled);
        });
        return hang();
      },
    };
    await expect(pipeline({ name: 'p', clock }, own).run(() => 1)).rejects.toBe('over');
    expect(seen).toEqual([false]);
  });

  test('is over with its stage: further out nothing is cancelled, and there is no reason', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const outside: Guard = { exit: (call) => void seen.push(call.cancelled, call.reason) };
    const run = expect(pipeline({ name: 'p', clock }, outside, limit(10, 'over')).run(hang)).rejects.toBe('over');
    await clock.advance(10);
    await run;
    expect(seen).toEqual([false, undefined]);
  });

  test('of a guard that descends again does not hold for what it descends to', async () => {
    const clock = new VirtualClock();
    const again: Guard = { ...limit(10, 'over'), ...retryOnce };
    const run = pipeline({ name: 'p', clock }, again).run((call) => (call.attempt === 1 ? hang() : 'second'));
    await clock.advance(10);
    await expect(run).resolves.toBe('second');
  });

  test('that waits for an attempt waits also after one that left an attempt behind', async () => {
    const clock = new VirtualClock();
    const hardThenSoft: Guard = { enter: (call) => call.limit(100, () => 'over', call.attempt === 2) };
    const run = pipeline({ name: 'p', clock }, retryOnce, hardThenSoft).run((call) =>
      call.attempt === 1 ? hang() : clock.sleep(150).then(() => 'made it'),
    );
    await clock.advance(250);
    await expect(run).resolves.toBe('made it');
  });

  test('that leaves an attempt behind has left it, though one further out would have waited', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const look: Guard = { exit: (call) => void seen.push(call.whenSettled()) };
    const p = pipeline({ name: 'p', clock }, look, limit(100, 'soft', true), limit(90, 'hard'));
    const run = expect(p.run(hang)).rejects.toBe('hard');
    await clock.advance(100);
    await run;
    expect(seen).toEqual([expect.any(Promise)]);
  });

  test('further in leaves what one further out has cancelled as it is', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const between: Guard = { exit: (call) => void seen.push(call.cancelled) };
    const run = expect(
      pipeline({ name: 'p', clock }, limit(100, 'soft', true), between, limit(200, 'hard')).run(hang),
    ).rejects.toBe('hard');
    await clock.advance(200);
    await run;
    expect(seen).toEqual([true]);
  });

  test('set where the call is over already arms nothing', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const pending: unknown[] = [];
    const abort: Guard = { enter: () => controller.abort('gone') };
    const late: Guard = {
      enter(call) {
        call.limit(10, () => 'over');
        pending.push(...clock.pendingTimers);
      },
    };
    await expect(pipeline({ name: 'p', clock }, abort, late).run(() => 1, { signal: controller.signal })).rejects.toBe('gone');
    expect(pending).toEqual([]);
  });

  test('whose error cannot be made ends the call with what went wrong in making it', async () => {
    const clock = new VirtualClock();
    const bug = new Error('bug');
    const broken: Guard = {
      enter: (call) =>
        call.limit(10, () => {
          throw bug;
        }),
    };
    const run = expect(pipeline({ name: 'p', clock }, broken).run(hang)).rejects.toBe(bug);
    await clock.advance(10);
    await run;
  });
});

describe('a call that is over', () => {
  test('has no more time, whatever limit a guard sets', async () => {
    const clock = new VirtualClock({ startMs: 5 });
    const controller = new AbortController();
    const seen: number[] = [];
    const late: Guard = {
      enter(call) {
        controller.abort('gone');
        call.limit(10, () => 'over');
        seen.push(call.deadline);
      },
    };
    await expect(pipeline({ name: 'p', clock }, late).run(() => 1, { signal: controller.signal })).rejects.toBe('gone');
    expect(seen).toEqual([5]);
  });

  test('is over for the first reason there was', async () => {
    const [caller, around] = [new AbortController(), openCall('around')];
    const run = expect(pipeline('p').run(hang, { signal: caller.signal, parent: around })).rejects.toBe('first');
    caller.abort('first');
    around.cancel('second');
    await run;
  });

  test('and whose guard admits too late is exited there as it ended: by its time', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const late: Guard = {
      enter: () => clock.sleep(50),
      exit: (_call, { kind, error, ran }) => void seen.push([kind, error, ran]),
    };
    const run = expect(pipeline({ name: 'p', clock }, limit(10, 'over'), late).run(() => 1)).rejects.toBe('over');
    await clock.advance(50);
    await run;
    expect(seen).toEqual([['failure', 'over', false]]);
  });
});

test('a guard that refuses after a wait ends the call with its own error, and is not exited', async () => {
  const refusal = new Error('full');
  const seen: unknown[] = [];
  const refusing: Guard = { enter: () => Promise.reject(refusal), exit: () => void seen.push('exited') };
  const look: Guard = { exit: (_call, { kind, error, ran }) => void seen.push([kind, error, ran]) };
  await expect(pipeline('p', look, refusing).run(() => 1)).rejects.toBe(refusal);
  expect(seen).toEqual([['rejected', refusal, false]]);
});

describe('a limit that waits', () => {
  test('waits also when its time is over while the operation is being called', async () => {
    const clock = new HandClock();
    const waiting: Guard = { enter: () => Promise.resolve() };
    const run = pipeline({ name: 'p', clock }, limit(10, 'over', true), waiting).run(() => {
      clock.fire(0);
      return Promise.resolve('made it');
    });
    await expect(run).resolves.toBe('made it');
  });

  test('waits for no guard: one that makes the answer wait after that is cut at once', async () => {
    const clock = new VirtualClock();
    const slow: Guard = { exit: () => clock.sleep(1_000).then(() => undefined) };
    const run = pipeline({ name: 'p', clock }, limit(100, 'over', true), slow).run(() => clock.sleep(150));
    const failed = run.catch((reason: unknown) => [reason, clock.now()]);
    await clock.advance(1_150);
    await expect(failed).resolves.toEqual(['over', 150]);
  });
});

test('what is taken back where the call is over was never there, and that is fine', async () => {
  const controller = new AbortController();
  const done: string[] = [];
  const taking = (name: string, before: (call: GuardCall) => void): Guard => ({
    exit(call) {
      before(call);
      call.fork().close();
      call.onCancel(() => {})();
      done.push(name);
    },
  });
  const abort: Guard = { exit: () => controller.abort('gone') };
  const p = pipeline(
    'p',
    taking('with a trail', (call) => call.note('it', 'waited')),
    taking('without', () => {}),
    abort,
  );
  await expect(p.run(() => 1, { signal: controller.signal })).resolves.toBe(1);
  expect(done).toEqual(['without', 'with a trail']);
});

describe('listeners', () => {
  test('are told once, though a limit that waits is followed by one that does not', async () => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const listening: Guard = { enter: (call) => void call.onCancel((reason) => told.push(reason)) };
    const run = pipeline({ name: 'p', clock }, limit(200, 'hard'), limit(100, 'soft', true), listening).run(hang);
    const failed = expect(run).rejects.toBe('hard');
    await clock.advance(200);
    await failed;
    expect(told).toEqual(['soft']);
  });

  test('of a wrapper can be taken back', async () => {
    const controller = new AbortController();
    const told: unknown[] = [];
    const wrapper: Wrapper = {
      run(operation, call) {
        call.onCancel(() => told.push('taken back'))();
        call.onCancel((reason) => told.push(reason));
        return operation();
      },
    };
    const run = expect(pipeline('p', wrapper).run(hang, { signal: controller.signal })).rejects.toBe('gone');
    controller.abort('gone');
    await run;
    expect(told).toEqual(['gone']);
  });
});

describe('listeners of one call', () => {
  const called = (): { seen: string[]; call: ForkedCall; listen: (name: string) => () => void } => {
    const seen: string[] = [];
    const call = openCall('server');
    return { seen, call, listen: (name) => call.onCancel(() => seen.push(name)) };
  };

  test('are told in the order they came', () => {
    const { seen, call, listen } = called();
    for (const name of ['first', 'second', 'third', 'fourth']) listen(name);
    call.cancel('gone');
    expect(seen).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('are told in the order they came, also where the first has left', () => {
    const { seen, call, listen } = called();
    const leave = listen('first');
    listen('second');
    leave();
    listen('third');
    call.cancel('gone');
    expect(seen).toEqual(['second', 'third']);
  });

  test('that have left are not told, whoever else has', () => {
    const { seen, call, listen } = called();
    const [first, second] = [listen('first'), listen('second')];
    second();
    first();
    first();
    listen('third');
    call.cancel('gone');
    expect(seen).toEqual(['third']);
  });
});

describe('the signal of a guard', () => {
  test('is one object while the guard is at work, and another for each depth', async () => {
    const clock = new VirtualClock();
    const signals: AbortSignal[] = [];
    const reading: Guard = { enter: (call) => void signals.push(call.signal, call.signal) };
    const run = expect(pipeline({ name: 'p', clock }, reading, limit(10, 'over'), reading).run(hang)).rejects.toBe('over');
    await clock.advance(10);
    await run;
    const [outer, outerAgain, inner, innerAgain] = signals;
    expect([outer === outerAgain, inner === innerAgain, outer === inner]).toEqual([true, true, false]);
    expect([outer!.aborted, inner!.aborted]).toEqual([false, true]);
  });

  test('is a fresh one in the next attempt', async () => {
    const clock = new VirtualClock();
    const signals: AbortSignal[] = [];
    const reading: Guard = { enter: (call) => void signals.push(call.signal) };
    const run = pipeline({ name: 'p', clock }, retryOnce, limit(10, 'over'), reading).run((call) =>
      call.attempt === 1 ? hang() : signals.map(({ aborted }) => aborted),
    );
    await clock.advance(10);
    await expect(run).resolves.toEqual([true, false]);
  });

  test('stays aborted where the call is cancelled', async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const reading: Guard = { exit: (call) => void signals.push(call.signal, call.signal) };
    const run = expect(pipeline('p', reading).run(hang, { signal: controller.signal })).rejects.toBe('gone');
    controller.abort('gone');
    await run;
    expect(signals[0]).toBe(signals[1]);
    expect(signals[0]).toMatchObject({ aborted: true, reason: 'gone' });
  });
});

describe('the context of an operation', () => {
  test('that has ended is not cancelled with the rest of the call', async () => {
    const clock = new VirtualClock();
    const contexts: CallContext[] = [];
    const slow: Guard = { exit: () => clock.sleep(1_000).then(() => undefined) };
    const run = expect(
      pipeline({ name: 'p', clock }, limit(100, 'over'), slow).run((call) => void contexts.push(call)),
    ).rejects.toBe('over');
    await clock.advance(100);
    await run;
    expect(contexts[0]!.signal.aborted).toBe(false);
    await clock.advance(900);
  });

  test('that has failed is not cancelled with the rest of the call either', async () => {
    const clock = new VirtualClock();
    const contexts: CallContext[] = [];
    const slow: Guard = { exit: () => clock.sleep(1_000).then(() => undefined) };
    const run = expect(
      pipeline({ name: 'p', clock }, limit(100, 'over'), slow).run((call) => {
        contexts.push(call);
        return Promise.reject(new Error('down'));
      }),
    ).rejects.toBe('over');
    await clock.advance(100);
    await run;
    expect(contexts[0]!.signal.aborted).toBe(false);
    await clock.advance(900);
  });

  test('has one signal', async () => {
    await expect(pipeline('p').run((call) => call.signal === call.signal)).resolves.toBe(true);
  });

  test('says the end of its time also when it was left behind long ago', async () => {
    const clock = new VirtualClock({ startMs: 1_000 });
    const contexts: CallContext[] = [];
    const run = expect(
      pipeline({ name: 'p', clock }, limit(100, 'over')).run((call) => {
        contexts.push(call);
        return hang();
      }),
    ).rejects.toBe('over');
    await clock.advance(100);
    await run;
    expect(contexts[0]!.deadline).toBe(1_100);
    await clock.advance(500);
    expect(contexts[0]!.deadline).toBe(1_100);
  });
});

describe('the end of the time', () => {
  /** As the clock of a server: a timer armed in this turn is anchored at its end. */
  class LateClock extends VirtualClock {
    override arm(timer: Timer, delayMs: number): void {
      super.arm(timer, delayMs);
      timer.dueAt = Number.NaN;
    }
  }

  test('is fixed by who asks for it first', async () => {
    const clock = new LateClock({ startMs: 1_000 });
    const seen: number[] = [];
    const run = pipeline({ name: 'p', clock }, limit(100, 'over')).run(async (call) => {
      seen.push(call.deadline);
      await clock.sleep(50);
      seen.push(call.deadline);
    });
    await clock.advance(50);
    await run;
    expect(seen).toEqual([1_100, 1_100]);
  });

  test('of a call that took no time is its own end', async () => {
    const clock = new LateClock({ startMs: 1_000 });
    const contexts: CallContext[] = [];
    await pipeline({ name: 'p', clock }, limit(100, 'over')).run((call) => void contexts.push(call));
    expect(contexts[0]!.deadline).toBe(1_000);
    await clock.advance(500);
    expect(contexts[0]!.deadline).toBe(1_000);
  });

  test('that has passed leaves nothing, and not less', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const look: Guard = { exit: (call) => void seen.push(call.remainingMs()) };
    const run = pipeline({ name: 'p', clock }, limit(100, 'over', true), look).run(() => clock.sleep(150));
    await clock.advance(150);
    await run;
    expect(seen).toEqual([0]);
  });
});

describe('a fork', () => {
  /** Runs `use` as a wrapper, in a call that ends with it. */
  const within = (use: (call: WrapperCall) => Promise<unknown>, clock = new VirtualClock()) => {
    const controller = new AbortController();
    const wrapper: Wrapper<unknown> = { run: (_operation, call) => use(call) };
    const run = pipeline({ name: 'p', clock }, wrapper).run(() => 1, { signal: controller.signal, timeoutMs: 1_000 });
    return { controller, run, clock };
  };

  test('has no reason before it is cancelled', async () => {
    const { run } = within(async (call) => [call.reason, call.fork().reason]);
    await expect(run).resolves.toEqual([undefined, undefined]);
  });

  test('has the number of the attempt it is told, or else that of its call', async () => {
    const { run } = within(async (call) => [call.fork().attempt, call.fork(7).attempt]);
    await expect(run).resolves.toEqual([1, 7]);
  });

  test('is cancelled with its call, unless it was closed before', async () => {
    const forks: ForkedCall[] = [];
    const { run, controller } = within((call) => {
      forks.push(call.fork(), call.fork());
      forks[1]!.close();
      return hang();
    });
    const failed = expect(run).rejects.toBe('gone');
    controller.abort('gone');
    await failed;
    expect(forks.map(({ cancelled, reason }) => [cancelled, reason])).toEqual([
      [true, 'gone'],
      [false, undefined],
    ]);
  });

  test('cancelled by itself has no time left, and its first reason', async () => {
    const { run } = within(async (call) => {
      const fork = call.fork();
      const before = fork.remainingMs();
      fork.cancel('first');
      fork.cancel('second');
      return [before, fork.remainingMs(), fork.reason, fork.signal.reason, call.remainingMs()];
    });
    await expect(run).resolves.toEqual([1_000, 0, 'first', 'first', 1_000]);
  });

  test('sleeps, unless it is cancelled', async () => {
    const clock = new VirtualClock();
    const { run } = within(async (call) => {
      await call.sleep(10);
      const [one, other] = [call.fork(), call.fork()];
      const slept = Promise.allSettled([one.sleep(20), other.sleep(20)]);
      other.cancel('lost');
      return [...(await slept).map(({ status }) => status), clock.now()];
    }, clock);
    await clock.advance(30);
    await expect(run).resolves.toEqual(['fulfilled', 'rejected', 30]);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('that is cancelled runs nothing: by itself that is nobody’s doing, by the time of its call a refusal', async () => {
    const kinds: unknown[] = [];
    const clock = new VirtualClock();
    const wrapper: Wrapper<unknown> = {
      async run(operation, call) {
        const fork = call.fork();
        fork.cancel('lost');
        await operation(fork).catch(() => {});
        kinds.push(fork.innerOutcome?.kind, fork.innerOutcome?.ran);
        await call.sleep(500).catch(() => {});
        return operation().finally(() => kinds.push(call.innerOutcome?.kind, call.innerOutcome?.ran));
      },
    };
    const run = expect(pipeline({ name: 'p', clock }, limit(100, 'soft', true), wrapper).run(() => 1)).rejects.toBe('soft');
    await clock.advance(100);
    await run;
    expect(kinds).toEqual(['cancelled', false, 'rejected', false]);
  });

  test('that is over refuses the pipelines called in it, and says so: the caller has gone, or its time has', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const told: unknown[] = [];
    const inner = pipeline({ name: 'inner', clock });
    const wrapper: Wrapper<unknown> = {
      async run(_operation, call) {
        await clock.sleep(100);
        await inner.run(() => told.push('never'), call).catch((reason: unknown) => told.push(reason));
        told.push(call.innerOutcome?.kind, call.innerOutcome?.ran);
      },
    };
    const p = pipeline({ name: 'p', clock }, limit(50, 'over', true), wrapper);
    const runs = [p.run(() => 1), p.run(() => 1, { signal: controller.signal })].map((run) => run.catch(() => {}));
    controller.abort('gone');
    await clock.advance(100);
    await Promise.all(runs);
    expect(told).toEqual(['over', 'rejected', false, 'gone', 'cancelled', false]);
  });

  test('keeps the reason it was told first by limits that wait', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const wrapper: Wrapper<unknown> = {
      async run(_operation, call) {
        await clock.sleep(300);
        seen.push(call.reason, call.signal.reason);
      },
    };
    const p = pipeline({ name: 'p', clock }, limit(200, 'outer', true), limit(100, 'inner', true), wrapper);
    const run = p.run(() => 1).catch(() => {});
    await clock.advance(300);
    await run;
    expect(seen).toEqual(['inner', 'inner']);
  });
});

describe('what a call inside takes from the one around it', () => {
  test('is all that is not given to it, also where a guard makes the call', async () => {
    const seen: unknown[] = [];
    const note = ({ key, criticality, idempotent, attributes }: CallContext): void =>
      void seen.push([key, criticality, idempotent, attributes]);
    const inner = pipeline('inner');
    const inGuard: Guard = { exit: (call: GuardCall) => inner.run(note, { parent: call }).then(() => undefined) };
    const options = { key: 'k', criticality: 'sheddable', idempotent: false, attributes: { a: 1 } } as const;
    await pipeline('outer', inGuard).run((call) => inner.run(note, call), options);
    await pipeline('outer').run(
      (call) => inner.run(note, { parent: call, idempotent: true, attributes: { b: 2 }, key: 'own' }),
      options,
    );
    await pipeline('alone').run(note);
    await pipeline('alone').run(note, {});
    expect(seen).toEqual([
      ['k', 'sheddable', false, { a: 1 }],
      ['k', 'sheddable', false, { a: 1 }],
      ['own', 'sheddable', true, { b: 2 }],
      [undefined, 'critical', undefined, {}],
      [undefined, 'critical', undefined, {}],
    ]);
  });

  test('is no number: a call inside has its own, a wrapper leaves it as it is', async () => {
    const ids: number[] = [];
    const look = { enter: (call: GuardCall): void => void ids.push(call.id) };
    const wrapper: Wrapper = { run: (operation) => operation() };
    await pipeline('p', look, wrapper, look).run((call) => {
      ids.push(call.id);
      return pipeline('inner', look).run(() => 1, call);
    });
    const [first, ...others] = ids;
    expect(others).toEqual([first, first, first! + 1]);
  });
});

describe('what is left behind', () => {
  test('inside a call that a guard made is left behind in that of the guard', async () => {
    const clock = new VirtualClock();
    const settled: unknown[] = [];
    const inner = pipeline({ name: 'inner', clock }, limit(10, 'over'));
    const holder: Guard = { exit: (call) => void settled.push(call.whenSettled()) };
    const caller: Guard = {
      exit: (call) =>
        inner
          .run(() => clock.sleep(50), call)
          .then(
            () => undefined,
            () => undefined,
          ),
    };
    const run = pipeline({ name: 'outer', clock }, holder, caller).run(() => 1);
    await clock.advance(10);
    await run;
    expect(settled).toEqual([expect.any(Promise)]);
    await clock.advance(40);
    await expect(settled[0]).resolves.toBeUndefined();
  });
});
