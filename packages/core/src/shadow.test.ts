import { afterEach, describe, expect, test } from 'vitest';
import { subscribe } from './events.ts';
import type { HoldfastEvent } from './events.ts';
import { keyed } from './keyed.ts';
import { Outcome } from './outcome.ts';
import { pipeline } from './pipeline.ts';
import { Again } from './policy.ts';
import type { Guard, GuardCall } from './policy.ts';
import { shadow } from './shadow.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const endings: (() => void)[] = [];
afterEach(() => endings.splice(0).forEach((end) => end()));
function record(...types: HoldfastEvent['type'][]): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  endings.push(subscribe((event) => types.includes(event.type) && events.push(event)));
  return events;
}
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('a refusing guard in the shadow', () => {
  test('refuses nothing, is counted and reported', async () => {
    const clock = new VirtualClock({ startMs: 7 });
    const events = record('shadow.refused', 'call.rejected');
    const error = new Error('full');
    const exits: unknown[] = [];
    const shut: Guard = {
      name: 'shut',
      enter() {
        throw error;
      },
      exit: () => void exits.push('exit'),
    };
    const shadowed = shadow(shut);
    const p = pipeline({ name: 'p', clock }, shadowed);
    const id = await p.run((call) => call.id);
    expect(events).toEqual([{ type: 'shadow.refused', at: 7, callId: id, pipeline: 'p', policy: 'shut', error }]);
    expect(exits).toEqual([]); // never entered
    expect(shadowed.refusals).toBe(1);
    expect(p.snapshot().policies).toEqual([{ policy: 'shadow(shut)', kind: 'shadow', refusals: 1, of: {} }]);
  });

  test('takes back the limit it had set before it refused', async () => {
    const clock = new VirtualClock();
    const shadowed = shadow({
      enter(call) {
        call.limit(10, () => 'over');
        throw new Error('no');
      },
    });
    const run = pipeline({ name: 'p', clock }, shadowed).run(() => clock.sleep(50));
    await clock.advance(50);
    await run;
    expect(shadowed.refusals).toBe(1);
  });

  test('learns what the calls it would have admitted did, as a method of its own', async () => {
    class Odd implements Guard {
      readonly name = 'odd';
      seen: unknown[] = [];
      calls = 0;
      enter(): string {
        if (++this.calls % 2 === 0) throw new Error('even');
        return `ticket ${this.calls}`;
      }
      exit(_call: GuardCall, outcome: Outcome, entered: unknown): void {
        this.seen.push([outcome.kind, entered]);
      }
      snapshot(): object {
        return { calls: this.calls };
      }
    }
    const odd = new Odd();
    const p = pipeline('p', shadow(odd));
    await p.run(() => 1);
    await p.run(() => 2);
    await caught(p.run(() => Promise.reject(new Error('down'))));
    expect(odd.seen).toEqual([
      ['success', 'ticket 1'],
      ['failure', 'ticket 3'],
    ]);
    expect(p.snapshot().policies).toEqual([{ policy: 'shadow(odd)', kind: 'shadow', refusals: 1, of: { calls: 3 } }]);
  });
});

describe('a queueing guard in the shadow', () => {
  /** Admits as many at once as it has permits; the others wait. */
  const pool = (permits: number) => {
    const waiting = new Set<() => void>();
    let free = permits;
    const guard: Guard = {
      name: 'pool',
      enter(call) {
        if (free > 0) return void free--;
        return new Promise<void>((resolve, reject) => {
          const waiter = (): void => {
            forget();
            resolve();
          };
          waiting.add(waiter);
          const forget = call.onCancel((reason) => {
            waiting.delete(waiter);
            reject(reason);
          });
        });
      },
      exit() {
        for (const waiter of waiting) {
          waiting.delete(waiter);
          waiter();
          return;
        }
        free++;
      },
    };
    return { guard, waiting, free: () => free };
  };

  test('does not make the call wait, counts it and leaves its queue at once', async () => {
    const clock = new VirtualClock();
    const events = record('shadow.refused', 'call.queued');
    const { guard, waiting, free } = pool(1);
    const shadowed = shadow(guard);
    const p = pipeline({ name: 'p', clock }, shadowed);
    const runs = [1, 2, 3].map(() => p.run(() => clock.sleep(10)));
    expect(waiting.size).toBe(0);
    await clock.advance(10);
    await Promise.all(runs);
    expect(shadowed.refusals).toBe(2);
    expect(events.map(({ type }) => type)).toEqual(['shadow.refused', 'shadow.refused']);
    expect(free()).toBe(1);
    expect(clock.pendingTimers).toEqual([]);
  });

  test.each(['sleep', 'signal', 'deaf'] as const)('that waits by %s gives its permit back', async (by) => {
    const clock = new VirtualClock();
    const faults = record('policy.faulted');
    let held = 0;
    const shadowed = shadow({
      name: 'slow door',
      async enter(call) {
        call.limit(50, () => 'over');
        if (by === 'sleep') await call.sleep(100);
        else await clock.sleep(100, by === 'signal' ? call.signal : undefined);
        held++;
      },
      exit(_call, { kind }) {
        held--;
        expect(kind).toBe('cancelled');
      },
    });
    await pipeline({ name: 'p', clock }, shadowed).run(() => 1);
    expect(clock.pendingTimers).toHaveLength(by === 'deaf' ? 1 : 0); // its own sleep, which no one can end
    await clock.advance(100);
    expect(held).toBe(0);
    expect(shadowed.refusals).toBe(1);
    expect(faults).toEqual([]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('bug');
      },
    ],
    ['rejects', () => Promise.reject(new Error('bug'))],
  ])('whose exit %s then is reported, if at all, and ends no process', async (_how, exit) => {
    const clock = new VirtualClock();
    const faults = record('policy.faulted');
    const p = pipeline({ name: 'p', clock }, shadow({ name: 'g', enter: () => clock.sleep(5), exit }));
    await expect(p.run(() => 1)).resolves.toBe(1);
    await clock.advance(5);
    expect(faults).toHaveLength(_how === 'throws' ? 1 : 0);
  });

  test('by any thenable counts as one that waits', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- a foreign promise
    const shadowed = shadow({ enter: () => ({ then() {} }) });
    await pipeline('p', shadowed).run(() => 1);
    expect(shadowed.refusals).toBe(1);
  });
});

describe('a limiting guard in the shadow', () => {
  const over = new Error('over');
  const limiting = (cooperative = false): Guard => ({ name: 'limit', enter: (call) => call.limit(50, () => over, cooperative) });

  test.each([false, true])('reports, cancels nothing and leaves no timer (cooperative: %s)', async (cooperative) => {
    const clock = new VirtualClock();
    const events = record('shadow.refused');
    const shadowed = shadow(limiting(cooperative));
    const p = pipeline({ name: 'p', clock }, shadowed);
    const fast = p.run((call) => clock.sleep(49, call.signal));
    const slow = p.run(async (call) => {
      const { deadline } = call;
      await clock.sleep(70, call.signal);
      return [deadline, call.signal.aborted];
    });
    await clock.advance(49);
    await fast;
    expect(clock.pendingTimers).toHaveLength(2);
    await clock.advance(21);
    await expect(slow).resolves.toEqual([Infinity, false]);
    expect(events).toEqual([expect.objectContaining({ at: 50, policy: 'limit', error: over })]);
    expect(shadowed.refusals).toBe(1);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('counts a call once, though two of its limits have passed', async () => {
    const clock = new VirtualClock();
    const shadowed = shadow({
      enter(call) {
        call.limit(10, () => 'told', true);
        call.limit(20, () => 'left', false);
      },
    });
    const run = pipeline({ name: 'p', clock }, shadowed).run(() => clock.sleep(30));
    await clock.advance(30);
    await run;
    expect(shadowed.refusals).toBe(1);
  });

  test("the caller's abort, or a limit further out, is not its refusal", async () => {
    const clock = new VirtualClock();
    const shadowed = shadow(limiting());
    const p = pipeline({ name: 'p', clock }, shadowed);
    const controller = new AbortController();
    const errors = [
      caught(p.run(() => clock.sleep(1_000), { timeoutMs: 20 })),
      caught(p.run(() => clock.sleep(1_000), { signal: controller.signal })),
    ];
    controller.abort('gone');
    await clock.advance(20);
    await expect(Promise.all(errors)).resolves.toEqual([expect.objectContaining({ code: 'HOLDFAST_DEADLINE' }), 'gone']);
    expect(shadowed.refusals).toBe(0);
    await clock.advance(980);
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('what a shadowed guard would do about an outcome is not done', () => {
  test('not another try', async () => {
    const exits: number[] = [];
    let runs = 0;
    const retry: Guard = {
      enter: () => 0,
      exit(call, _outcome, entered) {
        exits.push(call.attempt);
        return new Again((entered as number) + 1);
      },
    };
    await expect(
      caught(pipeline('p', shadow(retry)).run(() => Promise.reject(new Error(`run ${++runs}`)))),
    ).resolves.toMatchObject({
      message: 'run 1',
    });
    expect([runs, exits]).toEqual([1, [1]]);
  });

  test('not another outcome', async () => {
    const rescue: Guard = { enter() {}, exit: () => Outcome.returned('rescued') };
    const error = new Error('down');
    await expect(caught(pipeline('p', shadow(rescue)).run(() => Promise.reject(error)))).resolves.toBe(error);
  });

  test('not after a wait, which ends at once', async () => {
    const clock = new VirtualClock();
    const waited: unknown[] = [];
    const backoff: Guard = {
      enter() {},
      async exit(call) {
        await call.sleep(100).catch((reason: unknown) => {
          waited.push(reason);
          throw reason;
        });
        return new Again();
      },
    };
    await expect(pipeline({ name: 'p', clock }, shadow(backoff)).run(() => 1)).resolves.toBe(1);
    expect(clock.pendingTimers).toEqual([]);
    expect(waited).toEqual([expect.objectContaining({ message: 'a policy in the shadow does not make a call wait' })]);
  });

  test('a listener it left with a call that ended in peace is not called', async () => {
    const told: unknown[] = [];
    await pipeline('p', shadow({ enter: (call) => void call.onCancel((reason) => told.push(reason)) })).run(() => 1);
    expect(told).toEqual([]);
  });

  test('a fault of its exit is reported and changes nothing', async () => {
    const clock = new VirtualClock();
    const faults = record('policy.faulted');
    const broken: Guard = {
      name: 'broken',
      enter: (call) => call.limit(10, () => 'over'),
      exit() {
        throw new Error('bug');
      },
    };
    await expect(pipeline({ name: 'p', clock }, shadow(broken)).run(() => 1)).resolves.toBe(1);
    expect(faults).toEqual([expect.objectContaining({ policy: 'shadow(broken)' })]);
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('a shadowed guard sees', () => {
  test('the number of the attempt that ended, its own remaining time, and what was left behind', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const looking: Guard = {
      enter(call) {
        call.limit(500, () => 'over');
        seen.push(call.attempt, call.remainingMs(), call.key);
      },
      exit: (call) => void seen.push(call.attempt, call.whenSettled()),
    };
    const retryOnce: Guard = { exit: (_call, { threw }, entered) => (threw && entered === undefined ? new Again(1) : undefined) };
    const limit: Guard = { enter: (call) => call.limit(100, () => 'late') };
    const p = pipeline({ name: 'p', clock }, shadow(looking), retryOnce, limit);
    const error = caught(p.run(() => clock.sleep(150), { key: 'k' }));
    await clock.advance(200);
    await expect(error).resolves.toBe('late');
    expect(seen).toEqual([1, 500, 'k', 2, expect.any(Promise)]);
    await clock.advance(50);
    await expect(seen.at(-1)).resolves.toBeUndefined();
  });

  test('slowness by its own measure, which no other policy sees', async () => {
    const clock = new VirtualClock();
    const kinds: string[] = [];
    const note = (name: string, slowCallMs?: number): Guard => ({
      name,
      ...(slowCallMs === undefined ? {} : { slowCallMs }),
      enter() {},
      exit: (_call, { kind, durationMs }) => void kinds.push(`${name} ${kind} ${durationMs}`),
    });
    const p = pipeline({ name: 'p', clock }, note('live'), shadow(note('shadowed', 50)));
    for (const ms of [49, 50]) {
      const run = p.run(() => clock.sleep(ms));
      await clock.advance(ms);
      await run;
    }
    const failed = caught(p.run(() => clock.sleep(60).then(() => Promise.reject(new Error('down')))));
    await clock.advance(60);
    await failed;
    expect(kinds).toEqual([
      'shadowed success 49',
      'live success 49',
      'shadowed slow 50',
      'live success 50',
      'shadowed failure 60',
      'live failure 60',
    ]);
  });

  test('that its own limit has passed, also outside of its methods, while the call itself goes on', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const shadowed = shadow({
      enter(call) {
        call.limit(10, () => 'over');
        void clock.sleep(20).then(() => seen.push(call.cancelled, call.reason));
      },
    });
    const run = pipeline({ name: 'p', clock }, shadowed).run((call) => clock.sleep(30).then(() => call.signal.aborted));
    await clock.advance(30);
    await expect(run).resolves.toBe(false);
    expect(seen).toEqual([true, 'over']);
  });

  test('durations only if it asked for them', () => {
    expect(shadow({ enter() {} }).timed).toBe(false);
    expect(shadow({ enter() {}, timed: true }).timed).toBe(true);
  });
});

describe('shadow', () => {
  test('of a shadow is a shadow', async () => {
    const shut: Guard = {
      name: 'shut',
      enter() {
        throw new Error('no');
      },
    };
    const inner = shadow(shut);
    const outer = shadow(inner);
    await expect(pipeline('p', outer).run(() => 1)).resolves.toBe(1);
    expect([outer.name, outer.refusals, inner.refusals]).toEqual(['shadow(shadow(shut))', 0, 1]);
  });

  test('keeps the clock of its guard, so that a pipeline can refuse another', () => {
    const clock = new VirtualClock();
    const shadowed = shadow({ name: 'g', enter() {}, clock });
    expect(() => pipeline('p', shadowed)).toThrow(/clock/);
    expect(() => pipeline({ name: 'p', clock }, shadowed)).not.toThrow();
  });

  test.each<[string, unknown]>([
    ['a wrapper', { name: 'w', run: (operation: () => Promise<unknown>) => operation() }],
    ['a pipeline', pipeline('p')],
    [
      'a keyed policy',
      keyed(
        ({ key }) => key,
        () => ({ enter() {} }),
      ),
    ],
    ['a guard that only learns', { name: 'g', exit() {} }],
    ['nothing', undefined],
  ])('refuses %s', (_what, policy) => {
    expect(() => shadow(policy as Guard)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: 'shadow', option: 'policy' }),
    );
  });
});

describe('a shadowed guard with one method', () => {
  test('has no fault when it admits, when it would have waited, and when its exit answers what is no promise', async () => {
    const clock = new VirtualClock();
    const faults = record('policy.faulted');
    const p = pipeline(
      { name: 'p', clock },
      shadow({ name: 'admits', enter() {} }),
      shadow({ name: 'waits', enter: () => clock.sleep(5) }),
      // oxlint-disable-next-line unicorn/no-thenable -- a foreign promise, which can do no more
      shadow({ name: 'odd', enter() {}, exit: () => ({ then() {} }) as never }),
    );
    await expect(p.run(() => 1)).resolves.toBe(1);
    await clock.advance(5);
    expect(faults).toEqual([]);
  });
});

describe('once a shadowed guard is through with a call', () => {
  const listening = (told: unknown[]) => (call: GuardCall) => void call.onCancel((reason) => told.push(reason));

  test.each<[what: string, guard: (listen: (call: GuardCall) => void) => Guard]>([
    ['that has left it', (listen) => ({ enter: listen, exit() {} })],
    [
      'that it would have refused',
      (listen) => ({
        enter(call) {
          listen(call);
          throw new Error('no');
        },
      }),
    ],
  ])('it hears nothing of the end of one %s', async (_what, guard) => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const outside: Guard = { exit: (call) => call.sleep(100).then(() => undefined) };
    const controller = new AbortController();
    const run = caught(
      pipeline({ name: 'p', clock }, outside, shadow(guard(listening(told)))).run(() => 1, { signal: controller.signal }),
    );
    await clock.advance(10);
    controller.abort('gone');
    await expect(run).resolves.toBe('gone');
    expect(told).toEqual([]);
  });

  test('that would have waited, it is told why it does not, and nothing more', async () => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const outcomes: Outcome[] = [];
    const queue: Guard = {
      enter(call) {
        call.onCancel((reason) => told.push(reason, call.reason));
        return clock.sleep(10);
      },
      exit: (_call, outcome) => void outcomes.push(outcome),
    };
    const controller = new AbortController();
    const run = caught(pipeline({ name: 'p', clock }, shadow(queue)).run(() => clock.sleep(100), { signal: controller.signal }));
    await clock.advance(10);
    controller.abort('gone');
    await run;
    const reason = expect.objectContaining({ message: 'a policy in the shadow does not make a call wait' });
    expect(told).toEqual([reason, reason]);
    expect(outcomes).toMatchObject([{ kind: 'cancelled', threw: true, error: reason }]);
    await clock.advance(90);
  });
});

test('what is slow in the shadow tells what the call answered', async () => {
  const clock = new VirtualClock();
  const seen: Outcome[] = [];
  const slow: Guard = { enter() {}, exit: (_call, outcome) => void seen.push(outcome), slowCallMs: 5 };
  const run = pipeline({ name: 'p', clock }, shadow(slow)).run(() => clock.sleep(7).then(() => 'answer'));
  await clock.advance(7);
  await run;
  expect(seen).toEqual([new Outcome('slow', false, 'answer', undefined, 7)]);
});

test('nothing is slow in the shadow of a guard that calls nothing slow, also where the time is taken', async () => {
  const events = record('attempt.finished');
  const kinds: string[] = [];
  await pipeline('p', shadow({ enter() {}, exit: (_call, { kind }) => void kinds.push(kind) })).run(() => 1);
  expect([events.length, kinds]).toEqual([1, ['success']]);
});

test('a shadow without a clock is one for any pipeline', () => {
  expect(Object.hasOwn(shadow({ enter() {} }), 'clock')).toBe(false);
});
