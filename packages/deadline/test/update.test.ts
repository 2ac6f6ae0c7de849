import { deadline, timeout } from '@holdfast/deadline';
import { ConfigError, pipeline } from '@holdfast/core';
import type { PolicyCall } from '@holdfast/core';
import { VirtualClock } from '@holdfast/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { behindWitness, errorOf, hangs, stubborn } from './support.ts';

describe('a time-out changed while it runs', () => {
  test('holds for the attempts that begin then, and not for those under way', async () => {
    const { clock, service } = behindWitness((clock) => [timeout({ ms: 500, clock })]);
    const early = errorOf(service.run(hangs));
    await clock.advance(100);
    service.update({ timeout: { ms: 50 } });
    const late = errorOf(service.run(hangs));
    await clock.advance(50);
    expect(await late).toMatchObject({ timeoutMs: 50, message: 'timeout: no answer within 50 ms' });
    await clock.advance(349);
    expect(clock.pendingTimers).toHaveLength(1);
    await clock.advance(1);
    expect(await early).toMatchObject({ timeoutMs: 500 });
  });

  test('holds for the next attempt of a call under way', async () => {
    const { clock, service } = behindWitness((clock) => [stubborn(0), timeout({ ms: 100, clock })]);
    const beganAt: number[] = [];
    const caller = new AbortController();
    const operation = (): Promise<never> => {
      beganAt.push(clock.now());
      return hangs();
    };
    const call = errorOf(service.run(operation, { signal: caller.signal }));
    await clock.advance(50);
    service.update({ timeout: { ms: 10 } });
    await clock.advance(70);
    caller.abort();
    await call;
    expect(beganAt).toEqual([0, 100, 110, 120]);
  });

  test('may be computed from then on, and fixed again', async () => {
    const ms = vi.fn<(call: PolicyCall) => number>(() => 30);
    const { clock, service } = behindWitness((clock) => [timeout({ ms: 500, clock })]);
    const endsAfter = async (): Promise<number> => {
      let leftMs = 0;
      await service.run((call) => (leftMs = call.remainingMs()));
      return leftMs;
    };
    expect(await endsAfter()).toBe(500);
    service.update({ timeout: { ms } });
    expect(await endsAfter()).toBe(30);
    service.update({ timeout: { ms: 70 } });
    expect(await endsAfter()).toBe(70);
    expect(ms).toHaveBeenCalledTimes(1);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('leaves an operation behind or waits for it, as it was when the attempt began', async () => {
    const { clock, service } = behindWitness((clock) => [timeout({ ms: 100, clock })]);
    let settled = 0;
    const end = Promise.withResolvers<string>();
    const call = (): Promise<unknown> => errorOf(service.run(() => end.promise)).finally(() => settled++);
    const left = call();
    service.update({ timeout: { cooperative: true } });
    const waited = call();
    await clock.advance(100);
    expect(settled).toBe(1);
    end.reject(new Error('stopped'));
    await Promise.all([left, waited]);
    expect(settled).toBe(2);
  });

  test('shows what it is now', () => {
    const policy = timeout({ ms: 500 });
    expect(policy.traits()).toEqual({ limitMs: 500, cooperative: false });
    policy.prepareUpdate({ ms: () => 5, cooperative: true })();
    expect(policy.traits()).toEqual({ cooperative: true });
    expect(policy.snapshot()).toMatchObject({ ms: 'computed', cooperative: true });
    policy.prepareUpdate({ ms: Infinity, cooperative: undefined })();
    expect(policy.traits()).toEqual({ limitMs: Infinity, cooperative: false });
    expect(policy.snapshot()).toMatchObject({ ms: Infinity, cooperative: false });
  });
});

describe('a deadline changed while it runs', () => {
  test('holds for the calls that come then, and not for those under way', async () => {
    const { clock, service } = behindWitness((clock) => [deadline({ ms: 500, clock })]);
    const early = errorOf(service.run(hangs));
    await clock.advance(100);
    service.update({ deadline: { ms: 50 } });
    const late = errorOf(service.run(hangs));
    await clock.advance(50);
    expect(await late).toMatchObject({ code: 'HOLDFAST_DEADLINE', timeoutMs: 50 });
    await clock.advance(350);
    expect(await early).toMatchObject({ timeoutMs: 500 });
  });

  test('refuses by the new minimum', async () => {
    const { service } = behindWitness((clock) => [deadline({ ms: 500, clock })]);
    await expect(service.run(() => 'answer', { timeoutMs: 40 })).resolves.toBe('answer');
    service.update({ deadline: { minimumMs: 50 } });
    await expect(service.run(() => 'answer', { timeoutMs: 40 })).rejects.toMatchObject({ timeoutMs: 40 });
    service.update({ deadline: { minimumMs: undefined } });
    await expect(service.run(() => 'answer', { timeoutMs: 40 })).resolves.toBe('answer');
  });

  test('shows what it is now', () => {
    const policy = deadline({ ms: 500, minimumMs: 20 });
    expect(policy.traits()).toEqual({ limitMs: 500, cooperative: false });
    policy.prepareUpdate({ ms: 900, cooperative: true })();
    expect(policy.traits()).toEqual({ limitMs: 900, cooperative: true });
    expect(policy.snapshot()).toMatchObject({ ms: 900, minimumMs: 20, cooperative: true });
  });
});

describe('a change that cannot be', () => {
  const clock = new VirtualClock();
  const policies = {
    attempt: () => timeout({ ms: 100, name: 'attempt', clock }),
    slo: () => deadline({ ms: 100, minimumMs: 20, name: 'slo', clock }),
  };
  test.each<[keyof typeof policies, unknown, string]>([
    ['attempt', { ms: 0 }, 'ms'],
    ['attempt', { ms: undefined }, 'ms'],
    ['attempt', { cooperative: 1 }, 'cooperative'],
    ['attempt', { timeoutMs: 5 }, 'timeoutMs'],
    ['attempt', { name: 'other' }, 'name'],
    ['attempt', { clock: new VirtualClock() }, 'clock'],
    ['attempt', { clock: undefined }, 'clock'],
    ['attempt', null, 'options'],
    ['slo', { ms: -1 }, 'ms'],
    ['slo', { ms: undefined }, 'ms'],
    ['slo', { ms: 20 }, 'minimumMs'],
    ['slo', { minimumMs: 100 }, 'minimumMs'],
    ['slo', { name: 'other' }, 'name'],
    ['slo', { clock: new VirtualClock() }, 'clock'],
    ['slo', [], 'options'],
  ])('of %s by %o is refused in its name, and changes nothing', (name, changes, option) => {
    const policy = policies[name]();
    const before = policy.snapshot();
    expect(() => policy.prepareUpdate(changes as object)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_CONFIG', policy: name, option }),
    );
    expect(policy.snapshot()).toEqual(before);
  });

  test('keeps back those that can be, in other policies too', () => {
    const { attempt, slo } = { attempt: policies.attempt(), slo: policies.slo() };
    const service = pipeline({ name: 'service', clock }, slo, attempt);
    expect(() => service.update({ slo: { ms: 900 }, attempt: { ms: -1 } })).toThrow(ConfigError);
    expect(service.snapshot().policies).toMatchObject([{ ms: 100 }, { ms: 100 }]);
  });

  test('may follow another, which stays; the objects given are not kept (T38)', () => {
    const options = { ms: 100, clock };
    const [attempt, slo] = [timeout(options), deadline(options)];
    options.ms = 1;
    for (const policy of [attempt, slo]) {
      policy.prepareUpdate({ cooperative: true })();
      expect(policy.snapshot()).toMatchObject({ ms: 100, cooperative: true });
      policy.prepareUpdate({ ms: 300 })();
      expect(policy.snapshot()).toMatchObject({ ms: 300, cooperative: true });
      policy.prepareUpdate({ cooperative: false })();
      expect(policy.snapshot()).toMatchObject({ ms: 300, cooperative: false });
    }
  });

  test('does nothing until it is put in effect, and may be the whole configuration once more', () => {
    const slo = policies.slo();
    const apply = slo.prepareUpdate({ ms: 700, minimumMs: 50, name: 'slo', clock });
    expect(slo.snapshot()).toMatchObject({ ms: 100 });
    apply();
    expect(slo.snapshot()).toMatchObject({ ms: 700, minimumMs: 50 });
  });
});
