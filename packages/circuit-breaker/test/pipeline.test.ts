import { circuitBreaker, CircuitOpenError } from '@holdfast/circuit-breaker';
import { Again, ConfigError, keyed, pipeline, shadow, subscribe } from '@holdfast/core';
import type { Guard, HoldfastEvent } from '@holdfast/core';
import { scripted, seededRandom, VirtualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { behindBreaker, fails, timeLimit, TooLate, works } from './support.ts';

test('an outage from beginning to end: closed, open, half-open, closed', async () => {
  const { clock, breaker, service } = behindBreaker({ minimumCalls: 4, halfOpen: { permits: 2 } });
  const down = { afterMs: 10, error: new Error('down') };
  const up = { afterMs: 10, value: 'answer' };
  const dependency = scripted([down, down, down, down, down, up], { clock });
  const states: string[] = [];
  for (let at = 0; at < 6_000; at += 250) {
    const ending = service.run(dependency).catch((error: unknown) => error);
    await clock.advance(250);
    await ending;
    if (states.at(-1) !== breaker.state) states.push(breaker.state);
  }
  expect(states).toEqual(['closed', 'open', 'half-open', 'open', 'half-open', 'closed']);
  // Four failures; a trial that failed after one second open; two that worked after two more.
  expect(dependency.calls.slice(0, 7).map(({ at }) => at)).toEqual([0, 250, 500, 750, 2_000, 4_250, 4_500]);
});

test('the error of the operation passes through as it is; a refusal does not call the operation', async () => {
  const { service, play } = behindBreaker();
  const error = new Error('mine');
  const failing = scripted([{ error }], { clock: behindBreaker().clock });
  const [first, second] = await play(
    () => Promise.reject(error),
    () => Promise.reject(error),
  );
  expect([first, second]).toEqual([error, error]);
  await expect(service.run(failing)).rejects.toMatchObject({ code: 'HOLDFAST_CIRCUIT_OPEN', retryAfterMs: 1_000 });
  expect(failing.calls).toEqual([]);
});

test('a time limit inside feeds the breaker without further wiring', async () => {
  const { clock, breaker, service } = behindBreaker({}, { inside: [timeLimit(100)] });
  const hangs = (): Promise<never> => new Promise(() => {});
  const endings = [service.run(hangs), service.run(hangs)].map((ending) => expect(ending).rejects.toThrow(TooLate));
  await clock.advance(100);
  await Promise.all(endings);
  expect(breaker.snapshot()).toMatchObject({ state: 'open', openedBy: 'failureRatio', failures: 2 });
});

test('calls that take slowCallMs or longer are slow, and enough of them open it', async () => {
  const { clock, breaker, service } = behindBreaker({ slowCallMs: 200, slowRatio: 0.5, minimumCalls: 4 });
  for (const afterMs of [199, 200, 100, 201]) {
    const ending = service.run(scripted([{ afterMs, value: 'answer' }], { clock }));
    await clock.advance(afterMs);
    await expect(ending).resolves.toBe('answer');
  }
  expect(breaker.snapshot()).toMatchObject({ state: 'open', openedBy: 'slowRatio', slow: 2, calls: 4, failures: 0 });
});

test('a value that the pipeline calls a failure counts as one', async () => {
  const classify = ({ value }: { value: unknown }): 'failure' | undefined => (value === 503 ? 'failure' : undefined);
  const { breaker, play } = behindBreaker({}, { classify });
  expect(
    await play(
      () => 503,
      () => 503,
    ),
  ).toEqual([503, 503]);
  expect(breaker.state).toBe('open');
});

test('inside a retry every attempt counts; a refusal ends up with the caller', async () => {
  const clock = new VirtualClock();
  const again: Guard = { name: 'again', exit: (call, { threw }) => (threw && call.attempt < 5 ? new Again() : undefined) };
  const breaker = circuitBreaker({ minimumCalls: 3, clock });
  const service = pipeline({ name: 'service', clock }, again, breaker);
  const dependency = scripted([{ error: new Error('down') }], { clock });
  const ending = service.run(dependency).catch((error: unknown) => error);
  await clock.advance(0);
  expect(await ending).toBeInstanceOf(CircuitOpenError);
  expect(dependency.calls).toHaveLength(3);
  expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: 3 });
});

test('the ramp brings traffic back little by little', async () => {
  const { clock, service, play } = behindBreaker({ ramp: { durationMs: 10_000 }, random: seededRandom(42) });
  await play(fails, fails);
  await clock.advance(1_000);
  await play(works);
  const admitted: number[] = [];
  for (let tenth = 0; tenth <= 10; tenth++) {
    const endings = await Promise.allSettled(Array.from({ length: 1_000 }, () => service.run(works)));
    admitted.push(endings.filter(({ status }) => status === 'fulfilled').length);
    await clock.advance(1_000);
  }
  for (const [tenth, share] of admitted.entries()) expect(Math.abs(share / 1_000 - (0.1 + 0.09 * tenth))).toBeLessThan(0.05);
  expect(admitted.at(-1)).toBe(1_000);
});

test('a key has a circuit of its own', async () => {
  const clock = new VirtualClock();
  const circuits = keyed(
    ({ key }) => key,
    (_key, label) => circuitBreaker({ name: label, minimumCalls: 2, clock }),
    { clock },
  );
  const service = pipeline({ name: 'service', clock }, circuits);
  for (let call = 0; call < 2; call++) await expect(service.run(fails, { key: 'a.example' })).rejects.toThrow('down');
  await expect(service.run(works, { key: 'a.example' })).rejects.toMatchObject({ policy: 'a.example' });
  await expect(service.run(works, { key: 'b.example' })).resolves.toBe('answer');
  expect(circuits.peek('a.example')?.state).toBe('open');
});

test('in the shadow it opens and refuses nothing', async () => {
  const clock = new VirtualClock();
  const breaker = circuitBreaker({ minimumCalls: 2, clock });
  const shadowed = shadow(breaker);
  const service = pipeline({ name: 'service', clock }, shadowed);
  for (let call = 0; call < 2; call++) await expect(service.run(fails)).rejects.toThrow('down');
  await expect(service.run(works)).resolves.toBe('answer');
  expect(breaker.state).toBe('open');
  expect(shadowed.refusals).toBe(1);
});

test('its events name the call that made them, and its snapshot stands in the pipeline’s', async () => {
  const { service, play } = behindBreaker({ name: 'db' });
  const events: HoldfastEvent[] = [];
  const unsubscribe = subscribe((event) => events.push(event));
  await play(fails, fails, works);
  unsubscribe();
  const opened = events.find(({ type }) => type === 'circuit.opened');
  const finished = events.filter(({ type }) => type === 'call.finished');
  expect(opened).toMatchObject({ pipeline: 'service', callId: finished[1]?.callId, policy: 'db' });
  expect(events.at(-2)).toMatchObject({ type: 'call.rejected', policy: 'db', error: { code: 'HOLDFAST_CIRCUIT_OPEN' } });
  expect(service.snapshot().policies).toMatchObject([{ policy: 'db', state: 'open' }]);
});

test('another clock than the pipeline’s is refused when the pipeline is made', () => {
  expect(() => pipeline({ name: 'service', clock: new VirtualClock() }, circuitBreaker())).toThrow(ConfigError);
});
