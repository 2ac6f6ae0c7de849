// Who shares a detached call, and what leaving it does.
import { expect, onTestFinished, test } from 'vitest';
import { openDetachedCall } from '../src/detached-call.ts';
import { subscribe } from '../src/events.ts';
import { openCall } from '../src/open-call.ts';
import { pipeline } from '../src/pipeline.ts';
import type { Guard, GuardCall, PolicyCall } from '../src/policy.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';

/** A detached call and two that may share it, with 300 and 500 ms. */
function open() {
  const clock = new VirtualClock();
  const first = openCall('first', { timeoutMs: 300 }, clock);
  const second = openCall('second', { timeoutMs: 500 }, clock);
  return { clock, first, second, detached: openDetachedCall(first) };
}

test('its time is that of the last that shares it, and never longer than its own', () => {
  const { first, second, detached } = open();
  const leave = (): void => {};
  expect(detached.deadline).toBe(Infinity);
  const end = detached.join(second, leave);
  detached.join(first, leave);
  expect([detached.deadline, detached.remainingMs()]).toEqual([500, 500]);
  end();
  expect(detached.deadline).toBe(300);
  detached.limit(1_000, () => 'long');
  expect(detached.deadline).toBe(300);
  detached.limit(100, () => 'short');
  expect(detached.deadline).toBe(100);
});

test('a call that has ended its sharing ends nothing, and is told nothing', () => {
  const { first, second, detached } = open();
  const told: unknown[] = [];
  const end = detached.join(first, (reason) => told.push(reason));
  detached.join(second, (reason) => told.push(reason));
  end();
  first.cancel('gone');
  expect([detached.cancelled, told]).toEqual([false, []]);
  second.cancel('gone, too');
  expect([detached.cancelled, detached.reason, told]).toEqual([true, 'gone, too', []]);
});

test('the only one that shares it ends it, though another one has shared it before', () => {
  const { first, second, detached } = open();
  detached.join(second, () => {})();
  detached.join(first, () => {});
  second.cancel('nobody cares');
  expect(detached.cancelled).toBe(false);
  first.cancel('gone');
  expect(detached.reason).toBe('gone');
});

test('one that leaves while another stays is told once, and the other is then the last', () => {
  const { first, second, detached } = open();
  const told: unknown[] = [];
  detached.join(first, (reason) => told.push(reason));
  detached.join(second, (reason) => told.push(reason));
  first.cancel('gone');
  first.cancel('still gone');
  expect([detached.cancelled, told]).toEqual([false, ['gone']]);
  second.cancel('gone, too');
  expect([detached.reason, told]).toEqual(['gone, too', ['gone']]);
});

test('a call that is cancelled already ends it by joining alone, and leaves at once where others are', () => {
  const { first, second, detached } = open();
  const told: unknown[] = [];
  detached.join(second, (reason) => told.push(reason));
  first.cancel('gone');
  detached.join(first, (reason) => told.push(reason));
  expect([detached.cancelled, told, detached.deadline]).toEqual([false, ['gone'], 500]);
  const alone = openDetachedCall(second);
  alone.join(first, (reason) => told.push(reason));
  expect([alone.reason, told]).toEqual(['gone', ['gone']]);
});

test('a fault in what a leaving call is told is reported, and keeps nobody', () => {
  const { first, second, detached } = open();
  const faults: unknown[] = [];
  onTestFinished(subscribe((event) => event.type === 'policy.faulted' && faults.push(event)));
  const bug = new Error('bug');
  detached.join(first, () => {
    throw bug;
  });
  detached.join(second, () => {});
  first.cancel('gone');
  expect(faults).toMatchObject([{ pipeline: 'first', callId: first.id, error: bug }]);
  expect(detached.cancelled).toBe(false);
});

test('its own limit ends what runs in it, with its error, and no call that shares it', async () => {
  const { clock, first, detached } = open();
  detached.join(first, () => {});
  detached.limit(100, () => 'over');
  const signal = detached.begin((call) => call.signal);
  await clock.advance(100);
  expect([signal.aborted, signal.reason, first.cancelled]).toEqual([true, 'over', false]);
});

test('what runs in it for a guard has the number of the attempt it was opened in', () => {
  const seen: number[] = [];
  const opening: Guard = { enter: (call) => void seen.push(openDetachedCall(call).attempt, openDetachedCall(call).id - call.id) };
  void pipeline('p', opening).run(() => 1, { attempt: 4 });
  expect(seen).toEqual([4, 0]);
});

test('encloses the calls made in it, however deep, and no others', async () => {
  const { clock, first, detached } = open();
  const seen: PolicyCall[] = [];
  const guard: Guard = { enter: (call: GuardCall) => void seen.push(call) };
  const nested = pipeline({ name: 'nested', clock }, guard);
  const outer = pipeline({ name: 'outer', clock }, { run: (operation) => operation() }, guard);
  await outer.run((call) => nested.run(() => 1, call), { parent: detached });
  await nested.run(() => 1, { parent: first });
  await nested.run(() => 1);
  // the frames of the first two lead to it; the call it was opened for, and one of its own, do not
  expect(seen.map((call) => detached.encloses(call))).toEqual([true, true, false, false]);
  expect(detached.encloses(first)).toBe(false);
});

test('is one call with those that share it: what runs in it has run for each', async () => {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const look: Guard = { exit: (_call, { kind, ran }) => void seen.push([kind, ran]) };
  const detached = openDetachedCall(openCall('background', {}, clock));
  const answer = Promise.withResolvers<string>();
  const running = pipeline({ name: 'inside', clock }).run(() => answer.promise, detached);
  const sharing = pipeline(
    { name: 'sharing', clock },
    look,
    { enter: (call) => call.limit(100, () => 'over') },
    {
      run: (_operation, call) => {
        const end = detached.join(call, () => {});
        detached.join(openCall('other', {}, clock), () => {});
        return running.finally(end) as never;
      },
    },
  ).run(() => 1);
  const failed = expect(sharing).rejects.toBe('over');
  await clock.advance(100);
  await failed;
  expect(seen).toEqual([['failure', true]]);
  answer.resolve('late');
  await expect(running).resolves.toBe('late');
});

test('encloses what runs in another one that a call in it shares', async () => {
  const clock = new VirtualClock();
  const outer = openDetachedCall(openCall('outer', {}, clock));
  const inner = openDetachedCall(openCall('inner', {}, clock));
  const within = openCall('within', { parent: outer }, clock);
  const aside = openCall('aside', {}, clock);
  inner.join(aside, () => {});
  expect(outer.encloses(inner)).toBe(false);
  const end = inner.join(within, () => {});
  const deep = openCall('deep', { parent: inner }, clock);
  expect([outer.encloses(inner), outer.encloses(deep), inner.encloses(within)]).toEqual([true, true, false]);
  end();
  expect(outer.encloses(deep)).toBe(false);
});

test('two that share each other enclose themselves alone, and the question ends', () => {
  const [one, other, third] = [1, 2, 3].map((n) => openDetachedCall(openCall(`call ${n}`)));
  one!.join(openCall('a', { parent: other! }), () => {});
  other!.join(openCall('b', { parent: one! }), () => {});
  expect([one!.encloses(other!), other!.encloses(one!), third!.encloses(one!)]).toEqual([true, true, false]);
});

test('one that has left, and is cut after that, does not take the run from the others', async () => {
  const { clock, second, detached } = open();
  const told: unknown[] = [];
  const limit = (ms: number, cooperative: boolean): Guard => ({ enter: (call) => call.limit(ms, () => ms, cooperative) });
  detached.join(second, () => {});
  const sharing = pipeline({ name: 'sharing', clock }, limit(200, false), limit(100, true), {
    run: (_operation, call) => {
      detached.join(call, (reason) => told.push(reason));
      return new Promise<never>(() => {}); // leaves when it is cut, and not when it is told
    },
  }).run(() => 1);
  const failed = expect(sharing).rejects.toBe(200);
  await clock.advance(200);
  await failed;
  expect([told, detached.cancelled]).toEqual([[100], false]);
});

test('one that has shared it before is told what it asked to be told the last time', () => {
  const { first, second, detached } = open();
  const told: unknown[] = [];
  detached.join(first, () => told.push('the first time'))();
  detached.join(first, () => told.push('the last time'));
  detached.join(second, () => {});
  first.cancel('gone');
  expect(told).toEqual(['the last time']);
});

test('one that shares it no more is not excused by the queue it waits in', async () => {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const look: Guard = { exit: (_call, { kind, ran }) => void seen.push([kind, ran]) };
  const hang = (): Promise<never> => new Promise(() => {});
  const detached = openDetachedCall(openCall('background', {}, clock));
  void pipeline({ name: 'queue', clock }, { enter: hang }).run(() => 1, detached);
  const run = pipeline(
    { name: 'p', clock },
    look,
    { enter: (call) => call.limit(100, () => 'over') },
    {
      run: (operation, call) => {
        detached.join(call, () => {})();
        return operation(call.fork());
      },
    },
  ).run(hang);
  const failed = expect(run).rejects.toBe('over');
  await clock.advance(100);
  await failed;
  expect(seen).toEqual([['failure', true]]);
});

test('encloses what a guard inside makes', async () => {
  const { clock, detached } = open();
  const seen: boolean[] = [];
  const making: Guard = { enter: (call) => void seen.push(detached.encloses(openCall('made', { parent: call }, clock))) };
  await pipeline({ name: 'inside', clock }, making).run(() => 1, { parent: detached });
  expect(seen).toEqual([true]);
});
