import { afterEach, describe, expect, test } from 'vitest';
import { ambientCall, setAmbient } from './ambient.ts';
import { openDetachedCall } from './detached-call.ts';
import { DeadlineError } from './errors.ts';
import { openCall } from './open-call.ts';
import { pipeline } from './pipeline.ts';
import { Again } from './policy.ts';
import type { CallContext, DetachedCall, Guard, Wrapper, WrapperCall } from './policy.ts';
import type { Outcome } from './outcome.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import { trailOf } from './trail.ts';

afterEach(() => setAmbient(undefined));

const hang = (): Promise<never> => new Promise(() => {});
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
const limit = (ms: number, cooperative = false): Guard => ({
  name: 'limit',
  enter: (call) => call.limit(ms, () => new DeadlineError('limit', ms), cooperative),
});

interface Witness extends Guard {
  readonly seen: Outcome[];
}
function witness(): Witness {
  const seen: Outcome[] = [];
  return { name: 'witness', seen, exit: (_call, outcome) => void seen.push(outcome) };
}

/** The simplest of sharers: all calls share the run of the first. */
function shared(): Wrapper & { readonly left: unknown[]; detached: DetachedCall | undefined } {
  let ending: Promise<unknown> | undefined;
  const policy = {
    name: 'shared',
    left: [] as unknown[],
    detached: undefined as DetachedCall | undefined,
    async run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T> {
      const detached = (policy.detached ??= openDetachedCall(call));
      ending ??= detached.begin(operation);
      return new Promise<T>((resolve, reject) => {
        (ending as Promise<T>).then(resolve, reject);
        detached.join(call, (reason) => {
          policy.left.push(reason);
          reject(reason);
        });
      });
    },
  };
  return policy;
}

describe('a detached call', () => {
  test('has what its call is, and neither its time nor its end', async () => {
    const clock = new VirtualClock();
    const attributes = { route: '/pay' };
    const call = openCall(
      'request',
      { key: 'k', criticality: 'sheddable', idempotent: true, attributes, attempt: 3, timeoutMs: 50 },
      clock,
    );
    const detached = openDetachedCall(call);
    expect(detached).toMatchObject({
      id: call.id,
      pipeline: 'request',
      key: 'k',
      criticality: 'sheddable',
      idempotent: true,
      attempt: 3,
    });
    expect(detached.attributes).toBe(attributes);
    expect(detached.deadline).toBe(Infinity);
    await clock.advance(50);
    expect([call.cancelled, detached.cancelled, detached.signal.aborted]).toEqual([true, false, false]);
    detached.cancel('enough');
    expect(detached.signal.reason).toBe('enough');
  });

  test('may be opened by a guard, too', () => {
    const seen: DetachedCall[] = [];
    void pipeline('p', { enter: (call) => void seen.push(openDetachedCall(call)) }).run(() => 1, { key: 'k' });
    expect(seen[0]!.key).toBe('k');
  });

  test('ends by a limit of its own, and lets go of it when closed', async () => {
    const clock = new VirtualClock();
    const detached = openDetachedCall(openCall('request', {}, clock));
    detached.limit(100, () => new DeadlineError('background', 100));
    expect([detached.deadline, detached.remainingMs()]).toEqual([100, 100]);
    const error = caught(pipeline({ name: 'p', clock }).run(hang, { parent: detached }));
    await clock.advance(100);
    expect(await error).toMatchObject({ code: 'HOLDFAST_DEADLINE', policy: 'background' });
    const other = openDetachedCall(openCall('request', {}, clock));
    other.limit(100, () => new Error('late'));
    other.close();
    expect(clock.pendingTimers).toEqual([]);
  });

  test('takes the place of the ambient call where there is one', () => {
    const [request, other] = [openCall('request'), openCall('other')];
    const detached = openDetachedCall(other);
    let current: CallContext | undefined = request;
    setAmbient(
      () => current,
      (call, within) => {
        const before = current;
        current = call;
        try {
          return within();
        } finally {
          current = before;
        }
      },
    );
    expect(detached.begin(() => ambientCall())).toBe(detached);
    expect(ambientCall()).toBe(request);
    current = undefined;
    expect(detached.begin(() => ambientCall())).toBeUndefined();
  });

  test('knows the calls inside of it', async () => {
    const call = openCall('request');
    const detached = openDetachedCall(call);
    const seen = await pipeline('inner').run((inside) => [inside as WrapperCall], { parent: detached.fork() });
    expect(detached.encloses(detached)).toBe(true);
    expect(detached.encloses(call)).toBe(false);
    expect(detached.encloses(seen[0]!)).toBe(true);
  });
});

describe('calls that share one', () => {
  test('leave alone, at once; the last one takes the run with it, in its own way', async () => {
    const clock = new VirtualClock();
    const policy = shared();
    const inside = witness();
    const patient = pipeline({ name: 'patient', clock }, limit(300), policy);
    const hasty = pipeline({ name: 'hasty', clock }, limit(100), policy, inside);
    const first = caught(hasty.run(hang));
    expect(policy.detached!.deadline).toBe(100);
    const second = caught(patient.run(hang));
    expect(policy.detached!.deadline).toBe(300);
    await clock.advance(100);
    expect(await first).toMatchObject({ policy: 'limit', timeoutMs: 100 });
    expect(policy.left).toEqual([await first]);
    expect(policy.detached!.cancelled).toBe(false);
    await clock.advance(200);
    expect(await second).toMatchObject({ timeoutMs: 300 });
    expect([policy.detached!.cancelled, policy.detached!.reason]).toEqual([true, await second]);
    expect(policy.left).toHaveLength(1);
    expect(inside.seen).toMatchObject([{ kind: 'failure', error: await second }]);
  });

  test('blame the dependency for a time-out when the operation was reached, be it by another', async () => {
    const clock = new VirtualClock();
    const [policy, outside] = [shared(), witness()];
    const service = pipeline({ name: 'p', clock }, outside, limit(100), policy);
    const caller = new AbortController();
    void caught(service.run(hang, { signal: caller.signal }));
    const second = caught(service.run(hang));
    caller.abort('gone');
    await clock.advance(100);
    await second;
    expect(outside.seen).toMatchObject([
      { kind: 'cancelled', ran: true },
      { kind: 'failure', ran: true },
    ]);
  });

  test('do not blame it while the run waits in a queue', async () => {
    const clock = new VirtualClock();
    const [policy, outside] = [shared(), witness()];
    const door: Guard = { name: 'door', enter: hang };
    const service = pipeline({ name: 'p', clock }, outside, limit(100), policy, door);
    const calls = [caught(service.run(hang)), caught(service.run(hang))];
    await clock.advance(100);
    await Promise.all(calls);
    expect(outside.seen).toMatchObject([
      { kind: 'rejected', ran: false },
      { kind: 'rejected', ran: false },
    ]);
  });

  test('blame it when the queue lets the run through after they joined, and not when it waits there once more', async () => {
    const clock = new VirtualClock();
    const open: Guard = { name: 'open', enter: () => clock.sleep(50) };
    const shut: Guard = { name: 'shut', enter: () => 1, exit: () => new Again(2) };
    const door: Guard = { name: 'door', enter: (call) => (call.attempt === 1 ? undefined : hang()) };
    for (const [inside, kind] of [
      [[open], 'failure'],
      [[shut, door], 'rejected'],
    ] as const) {
      const outside = witness();
      const service = pipeline({ name: 'p', clock }, outside, limit(100), shared(), ...inside);
      const fails = (): Promise<never> => (kind === 'failure' ? hang() : Promise.reject(new Error('once')));
      const calls = [caught(service.run(fails)), caught(service.run(fails))];
      await clock.advance(100);
      await Promise.all(calls);
      expect(outside.seen).toMatchObject([
        { kind, ran: true },
        { kind, ran: true },
      ]);
    }
  });

  test('end it cooperatively if the last one ends so, and hard if that is cut', async () => {
    const clock = new VirtualClock();
    const policy = shared();
    const operation = Promise.withResolvers<string>();
    let signal: AbortSignal | undefined;
    const service = pipeline({ name: 'p', clock }, limit(300), limit(100, true), policy);
    const call = caught(
      service.run((inside) => {
        signal = inside.signal;
        return operation.promise;
      }),
    );
    await clock.advance(100);
    expect(signal?.aborted).toBe(true);
    await clock.advance(199);
    expect(service.snapshot().inFlight).toBe(1);
    await clock.advance(1);
    expect(await call).toMatchObject({ timeoutMs: 300 });
    expect(policy.detached!.whenSettled()).toBeDefined();
    operation.resolve('late');
    await clock.advance(0);
    expect(policy.detached!.whenSettled()).toBeUndefined();
  });

  test('keep what is decided in it in the trail of the call that began it', async () => {
    const noting: Guard = {
      name: 'noting',
      enter: (call) => {
        call.note('noting', 'waited');
        throw new RangeError('no');
      },
    };
    const error = await caught(pipeline('p', shared(), noting).run(hang));
    expect(trailOf(error).map(({ did }) => did)).toEqual(['waited', 'refused']);
  });
});
