// How a call ended, as the guards around it are told: in one word, said once, whoever said it.
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Timer } from '../src/clock.ts';
import { DeadlineError } from '../src/errors.ts';
import { subscribe } from '../src/events.ts';
import type { HoldfastEvent } from '../src/events.ts';
import { Outcome } from '../src/outcome.ts';
import { keyed } from '../src/keyed.ts';
import { pipeline } from '../src/pipeline.ts';
import { Again } from '../src/policy.ts';
import type { Guard, GuardCall, Wrapper } from '../src/policy.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';
import { trailOf } from '../src/trail.ts';

const hang = (): Promise<never> => new Promise(() => {});
const transparent: Wrapper = { name: 'w', run: (operation) => operation() };
const limit = (ms: number, reason: unknown, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => reason, cooperative),
});
const queue = (ms: number): Guard => ({ name: 'queue', enter: (call) => call.sleep(ms) });
const retryOnce: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };

/** A guard that keeps what it is told. */
function looking(): Guard & { readonly seen: Outcome[]; readonly told: (readonly [string, boolean])[] } {
  const seen: Outcome[] = [];
  return {
    name: 'looking',
    seen,
    get told() {
      return seen.map(({ kind, ran }) => [kind, ran] as const);
    },
    exit: (_call, outcome) => void seen.push(outcome),
  };
}

function record(...types: HoldfastEvent['type'][]): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => types.includes(event.type) && events.push(event)));
  return events;
}

/** A clock whose timers a test fires by hand, also while the engine is at work. */
class HandClock extends VirtualClock {
  readonly timers: Timer[] = [];
  override arm(timer: Timer, delayMs: number): void {
    super.arm(timer, delayMs);
    this.timers.push(timer);
  }
  fire(index: number, stalled = false): void {
    const timer = this.timers[index]!;
    this.disarm(timer);
    timer.fire(stalled);
  }
}

describe('an ending', () => {
  test.each<[what: string, operation: () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a number', () => 503],
    ['an object', () => ({ status: 503 })],
    ['an error', () => Promise.reject(new Error('down'))],
  ])('is classified once, though it comes through wrappers: %s', async (_what, operation) => {
    let asked = 0;
    const look = looking();
    const classify = (): 'ignored' => {
      asked++;
      return 'ignored';
    };
    const p = pipeline({ name: 'p', classify }, look, transparent, transparent);
    await p.run(operation).catch(() => {});
    expect([asked, ...look.told]).toEqual([1, ['ignored', true]]);
  });

  test('of an inner pipeline is taken over where it is handed on: the same object, or the same error', async () => {
    const look = looking();
    const answer = { status: 503 };
    const error = new Error('ignored inside');
    const inner = pipeline({ name: 'inner', classify: ({ threw }) => (threw ? 'ignored' : 'failure') });
    const outer = pipeline('outer', look);
    await outer.run((call) => inner.run(() => answer, call));
    await outer.run((call) => inner.run(() => Promise.reject(error), call)).catch(() => {});
    expect(look.told).toEqual([
      ['failure', true],
      ['ignored', true],
    ]);
  });

  test.each([503, null, undefined, true])(
    'of an inner pipeline is not taken for its own where it may be any: %s',
    async (answer) => {
      const look = looking();
      const inner = pipeline({ name: 'inner', classify: () => 'failure' });
      await pipeline('outer', look).run((call) => inner.run(() => answer, call));
      expect(look.told).toEqual([['success', true]]);
    },
  );

  test('of an inner pipeline is none of what the operation makes of it', async () => {
    const look = looking();
    const inner = pipeline({ name: 'inner', classify: ({ threw }) => (threw ? 'ignored' : 'failure') });
    const outer = pipeline('outer', look);
    await outer.run((call) => inner.run(() => ({ status: 503 }), call).then(() => ({ status: 200 })));
    const failing = outer.run((call) =>
      inner.run(() => Promise.reject(new Error('inside')), call).catch(() => Promise.reject(new Error('own'))),
    );
    await expect(failing).rejects.toThrow('own');
    expect(look.told).toEqual([
      ['success', true],
      ['failure', true],
    ]);
  });

  test('by a text that was thrown is taken over as one by an error is', async () => {
    const look = looking();
    const inner = pipeline({ name: 'inner', classify: () => 'ignored' });
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever is thrown is passed through
    const run = pipeline('outer', look).run((call) => inner.run(() => Promise.reject('text'), call));
    await expect(run).rejects.toBe('text');
    expect(look.told).toEqual([['ignored', true]]);
  });

  test('of an operation that throws undefined is not that of a run that answered undefined', async () => {
    const look = looking();
    const inner = pipeline('inner');
    const run = pipeline('outer', look).run(async (call) => {
      await inner.run(() => undefined, call);
      // oxlint-disable-next-line typescript/only-throw-error -- the worst that may be thrown
      throw undefined;
    });
    await expect(run).rejects.toBeUndefined();
    expect(look.told).toEqual([['failure', true]]);
  });

  test('of a wrapper that swallows an error and answers nothing is a success', async () => {
    const look = looking();
    const swallow: Wrapper<undefined> = { run: (operation) => operation().catch(() => undefined) };
    await pipeline('p', look, swallow).run(() => Promise.reject(new Error('down')));
    expect(look.told).toEqual([['success', true]]);
  });

  test('that is late and a failure is a failure, not slow', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const p = pipeline(
      { name: 'p', clock, classify: ({ value }) => (value === 503 ? 'failure' : undefined) },
      { ...look, slowCallMs: 50 },
    );
    const run = p.run(() => clock.sleep(60).then(() => 503));
    await clock.advance(60);
    await run;
    expect(look.seen).toMatchObject([{ kind: 'failure', durationMs: 60, ran: true }]);
  });

  test('has a duration only where somebody asked for it', async () => {
    const clock = new VirtualClock({ startMs: 1_000 });
    const look = looking();
    for (const timed of [false, true]) {
      const run = pipeline({ name: 'p', clock }, { ...look, timed }).run(() => clock.sleep(5));
      await clock.advance(5);
      await run;
      await pipeline({ name: 'p', clock }, { ...look, timed })
        .run(() => Promise.reject(new Error('down')))
        .catch(() => {});
    }
    expect(look.seen.map(({ kind, durationMs, ran }) => [kind, durationMs, ran])).toEqual([
      ['success', undefined, true],
      ['failure', undefined, true],
      ['success', 5, true],
      ['failure', 0, true],
    ]);
  });

  test('that was there before the abort stays what it was', async () => {
    const look = looking();
    const controller = new AbortController();
    const answer = Promise.withResolvers<string>();
    const run = pipeline('p', look).run(() => answer.promise, { signal: controller.signal });
    answer.promise.catch(() => controller.abort('gone')); // after the engine has heard of it, and before it goes on
    const failed = expect(run).rejects.toBe('own');
    answer.reject('own');
    await failed;
    expect(look.told).toEqual([['failure', true]]);
  });

  test("of an operation told of a cooperative limit is the limit's, whatever it throws, and nothing is left behind", async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const look: Guard = { exit: (call, { kind, error }) => void seen.push(kind, error, call.whenSettled()) };
    const run = pipeline({ name: 'p', clock }, look, limit(100, 'over', true)).run((call) =>
      clock.sleep(1_000, call.signal).catch(() => {
        throw new Error('aborted');
      }),
    );
    const failed = expect(run).rejects.toBe('over');
    await clock.advance(100);
    await failed;
    expect(seen).toEqual(['failure', 'over', undefined]);
  });
});

describe('a call that ends in a queue', () => {
  test('of a wrapper was never begun either', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const door: Wrapper = { run: (operation, call) => clock.sleep(1_000).then(() => operation(call)) };
    const over = expect(pipeline({ name: 'p', clock }, look, limit(100, 'over'), door).run(() => 1)).rejects.toBe('over');
    await clock.advance(100);
    await over;
    expect(look.told).toEqual([['rejected', false]]);
    await clock.advance(900);
  });

  test('of a guard behind a wrapper was never begun: by the caller it is cancelled, by a limit rejected', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const controller = new AbortController();
    const p = pipeline({ name: 'p', clock }, look, limit(100, 'over'), transparent, queue(1_000));
    const aborted = expect(p.run(() => 1, { signal: controller.signal })).rejects.toBe('gone');
    controller.abort('gone');
    await aborted;
    const over = expect(p.run(() => 1)).rejects.toBe('over');
    await clock.advance(100);
    await over;
    expect(look.told).toEqual([
      ['cancelled', false],
      ['rejected', false],
    ]);
  });

  test('of an inner pipeline is nobody’s failure, though the operation around it ran', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const inner = pipeline({ name: 'inner', clock }, queue(1_000));
    const outer = pipeline({ name: 'outer', clock }, look, limit(100, 'over'));
    const controller = new AbortController();
    const over = expect(outer.run((call) => inner.run(() => 1, call))).rejects.toBe('over');
    const gone = expect(outer.run((call) => inner.run(() => 1, call), { signal: controller.signal })).rejects.toBe('gone');
    controller.abort('gone');
    await clock.advance(100);
    await Promise.all([over, gone]);
    expect(look.told).toEqual([
      ['cancelled', true],
      ['rejected', true],
    ]);
  });

  test('is a failure once the operation inside runs', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const inner = pipeline({ name: 'inner', clock }, queue(50));
    const outer = pipeline({ name: 'outer', clock }, look, limit(100, 'over'));
    const over = expect(outer.run((call) => inner.run(hang, call))).rejects.toBe('over');
    await clock.advance(100);
    await over;
    expect(look.told).toEqual([['failure', true]]);
  });

  test('is a failure when the operation has left that queue and went on by itself', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const inner = pipeline({ name: 'inner', clock }, limit(20, 'inside'), queue(1_000));
    const outer = pipeline({ name: 'outer', clock }, look, limit(100, 'over'));
    const over = expect(outer.run((call) => inner.run(() => 1, call).catch(hang))).rejects.toBe('over');
    await clock.advance(100);
    await over;
    expect(look.told).toEqual([['failure', true]]);
  });

  test('is none of the dependency while another run beside it has ended', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const quick = pipeline({ name: 'quick', clock });
    const slow = pipeline({ name: 'slow', clock }, queue(1_000));
    const outer = pipeline({ name: 'outer', clock }, look, limit(100, 'over'));
    const run = outer.run((call) => Promise.all([quick.run(() => clock.sleep(10), call), slow.run(() => 1, call)]));
    const over = expect(run).rejects.toBe('over');
    await clock.advance(100);
    await over;
    expect(look.told).toEqual([['rejected', true]]);
  });

  test('tells how long it waited, on the clock of the pipeline', async () => {
    const clock = new VirtualClock({ startMs: 1_000 });
    const events = record('call.queued', 'call.dequeued');
    const run = pipeline({ name: 'p', clock }, queue(30)).run((call) => call.id);
    await clock.advance(30);
    const callId = await run;
    const about = { policy: 'queue', attempt: 1, callId, pipeline: 'p' };
    expect(events).toEqual([
      { type: 'call.queued', at: 1_000, ...about },
      { type: 'call.dequeued', at: 1_030, admitted: true, waitedMs: 30, ...about },
    ]);
  });
});

describe('a guard', () => {
  test('that has only one of the two methods has no fault', async () => {
    const faults = record('policy.faulted');
    const controller = new AbortController();
    const door = Promise.withResolvers<void>();
    await pipeline('p', { enter() {} }, { exit() {} }).run(() => 1);
    const run = expect(pipeline('p', { enter: () => door.promise }).run(() => 1, { signal: controller.signal })).rejects.toBe(
      'gone',
    );
    controller.abort('gone');
    await run;
    door.resolve(); // it admits too late, and has nothing to take back
    await new Promise(setImmediate);
    expect(faults).toEqual([]);
  });

  test.each([undefined, null, 'text'])('that throws %s refuses, as by any error', async (thrown) => {
    const look = looking();
    const shut: Guard = {
      enter() {
        // oxlint-disable-next-line typescript/only-throw-error -- the worst that may be thrown
        throw thrown;
      },
    };
    await expect(pipeline('p', look, shut).run(() => 1)).rejects.toBe(thrown);
    expect(look.told).toEqual([['rejected', false]]);
  });

  test.each([
    ['its own', 'own', ['rejected', false]],
    ["the call's", 'gone', ['cancelled', false]],
  ] as const)(
    'that throws %s reason when the call has just been aborted is told from one that hands it on',
    async (_whose, thrown, told) => {
      const look = looking();
      const controller = new AbortController();
      const shut: Guard = {
        enter() {
          controller.abort('gone');
          // oxlint-disable-next-line typescript/only-throw-error -- an abort reason may be anything
          throw thrown;
        },
      };
      await expect(pipeline('p', look, shut).run(() => 1, { signal: controller.signal })).rejects.toBe(thrown);
      expect(look.told).toEqual([told]);
    },
  );

  test('that refuses ends the limit it had set for its inside', async () => {
    const clock = new VirtualClock();
    const shut: Guard = {
      enter(call) {
        call.limit(10, () => 'over');
        throw new Error('no');
      },
    };
    const slow: Guard = { exit: () => clock.sleep(20).then(() => undefined) };
    const run = expect(pipeline({ name: 'p', clock }, slow, shut).run(() => 1)).rejects.toThrow('no');
    expect(clock.pendingTimers).toMatchObject([{ delayMs: 20 }]);
    await clock.advance(20);
    await run;
  });

  test('is named as the one that refused; the pipeline is, when time ran out behind the last', async () => {
    const clock = new HandClock();
    const events = record('call.rejected');
    const shut: Guard = {
      name: 'shut',
      enter() {
        throw new Error('no');
      },
    };
    const late: Guard = { name: 'late', enter: () => clock.fire(0) };
    await expect(pipeline({ name: 'p', clock }, shut).run(() => 1)).rejects.toThrow('no');
    await expect(pipeline({ name: 'p', clock }, limit(10, 'over'), late).run(() => 1)).rejects.toBe('over');
    expect(events).toMatchObject([{ policy: 'shut' }, { policy: 'p', error: 'over' }]);
  });
});

test('a guard that refuses with nothing at all has refused, and that is noted', async () => {
  const events = record('call.finished');
  const shut: Guard = {
    name: 'shut',
    enter() {
      // oxlint-disable-next-line typescript/only-throw-error -- the worst that may be thrown
      throw undefined;
    },
  };
  await expect(pipeline('p', shut).run(() => 1)).rejects.toBe(undefined);
  expect(events).toMatchObject([{ kind: 'rejected', trail: [{ policy: 'shut', did: 'refused' }] }]);
});

describe('slowness', () => {
  test('is counted anew from the end of a stall', async () => {
    const clock = new VirtualClock();
    const look = looking();
    const p = pipeline({ name: 'p', clock }, { ...look, slowCallMs: 50 });
    for (const ms of [49, 50]) {
      const answer = Promise.withResolvers<void>();
      const run = p.run(() => answer.promise);
      clock.stall(300);
      await clock.advance(ms);
      answer.resolve();
      await run;
    }
    expect(look.seen.map(({ kind }) => kind)).toEqual(['success', 'slow']);
    expect(clock.pendingTimers).toEqual([]);
  });
});

test('a call that is quick enough leaves no timer of its slowness', async () => {
  const clock = new VirtualClock();
  await pipeline({ name: 'p', clock }, { ...looking(), slowCallMs: 50 }).run(() => 1);
  expect(clock.pendingTimers).toEqual([]);
});

describe('events of an attempt', () => {
  test('are told once through keyed policies as well', async () => {
    const events = record('attempt.started', 'attempt.finished');
    const perKey = keyed(
      ({ key }) => key,
      () => looking(),
    );
    await pipeline('p', perKey).run(() => 1);
    expect(events.map(({ type }) => type)).toEqual(['attempt.started', 'attempt.finished']);
  });

  test('end with the subscription, also between two attempts', async () => {
    const look = looking();
    const end = subscribe(() => {});
    const run = pipeline('p', retryOnce, look).run((call) => {
      if (call.attempt === 1) return Promise.reject(new Error('once'));
      return 2;
    });
    end();
    await run;
    expect(look.seen.map(({ durationMs }) => typeof durationMs)).toEqual(['number', 'undefined']);
  });

  test('are told once, however many wrappers are around the operation', async () => {
    const clock = new VirtualClock({ startMs: 1_000 });
    const events = record('attempt.started', 'attempt.finished');
    const run = pipeline({ name: 'p', clock }, transparent, transparent).run((call) => clock.sleep(5).then(() => call.id));
    await clock.advance(5);
    const callId = await run;
    const about = { attempt: 1, callId, pipeline: 'p' };
    expect(events).toEqual([
      { type: 'attempt.started', at: 1_000, ...about },
      { type: 'attempt.finished', at: 1_005, kind: 'success', error: undefined, durationMs: 5, ...about },
    ]);
  });

  test('are not told of one that began before anybody listened', async () => {
    const gate = Promise.withResolvers<void>();
    const reading: Guard = { enter: (call) => void call.signal };
    const run = pipeline('p', { ...looking(), timed: true }, reading).run(() => gate.promise);
    const events = record('attempt.started', 'attempt.finished', 'call.finished');
    gate.resolve();
    await run;
    expect(events).toEqual([]);
  });
});

describe('a time-out', () => {
  test('is noted by the name of its policy, or else of the pipeline', async () => {
    const clock = new VirtualClock();
    for (const [error, policy] of [
      [new Error('over'), 'p'],
      [new DeadlineError('mine', 10), 'mine'],
    ] as const) {
      const run = pipeline({ name: 'p', clock }, limit(10, error)).run(hang);
      const failed = expect(run).rejects.toBe(error);
      await clock.advance(10);
      await failed;
      expect(trailOf(error)).toMatchObject([{ policy, did: 'timed_out', ms: 10 }]);
    }
  });

  test('after a stalled one is a failure again', async () => {
    const clock = new VirtualClock();
    const kinds: string[] = [];
    const inside: Guard = { exit: (_call, { kind }) => void kinds.push(kind) };
    const run = expect(pipeline({ name: 'p', clock }, retryOnce, inside, limit(100, 'over')).run(hang)).rejects.toBe('over');
    clock.stall(300);
    await clock.advance(0);
    await clock.advance(100);
    await run;
    expect(kinds).toEqual(['stalled', 'failure']);
  });

  test.each<[what: string, then: (clock: HandClock, controller: AbortController) => void, kind: string, reason: string]>([
    ['another one further out, which says nothing more', (clock) => clock.fire(0), 'stalled', 'outer'],
    ["the caller's abort, which says all", (_clock, controller) => controller.abort('gone'), 'cancelled', 'gone'],
  ])('in a stall is followed by %s', async (_what, next, kind, reason) => {
    const clock = new HandClock();
    const look = looking();
    const controller = new AbortController();
    const p = pipeline({ name: 'p', clock }, look, limit(100, 'outer'), limit(100, 'inner'));
    const run = expect(p.run(hang, { signal: controller.signal })).rejects.toBe(reason);
    clock.fire(1, true);
    next(clock, controller);
    await run;
    expect(look.told).toEqual([[kind, true]]);
  });

  test.each<[what: string, timers: Guard[], fire: (clock: HandClock) => void, reason: string]>([
    [
      'of one stage, the first wins',
      [{ enter: (call: GuardCall) => [1, 2].forEach((n) => call.limit(n, () => n)) }],
      (clock) => [0, 1].forEach((n) => clock.fire(n)),
      '1',
    ],
    [
      'further in, the outer one stays',
      [limit(100, 'outer'), limit(100, 'inner')],
      (clock) => [0, 1].forEach((n) => clock.fire(n)),
      'outer',
    ],
    [
      'further out, the outer one wins',
      [limit(100, 'outer'), limit(100, 'inner')],
      (clock) => [1, 0].forEach((n) => clock.fire(n)),
      'outer',
    ],
  ])('is followed by another %s', async (_what, guards, fire, reason) => {
    const clock = new HandClock();
    const look = looking();
    const run = pipeline({ name: 'p', clock }, look, ...guards).run(hang);
    fire(clock);
    await expect(run.catch(String)).resolves.toBe(reason);
    expect(look.told).toEqual([['failure', true]]);
  });
});
