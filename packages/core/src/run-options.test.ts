import { describe, expect, test } from 'vitest';
import { openCall } from './open-call.ts';
import { checkRunOptions } from './run-options.ts';
import type { RunOptions } from './run-options.ts';

const check = (options: unknown) => (): void => checkRunOptions('payments', options as RunOptions);

describe('what run may be told', () => {
  test.each<RunOptions>([
    {},
    { signal: new AbortController().signal },
    { timeoutMs: 0 },
    { timeoutMs: Infinity },
    { key: '' },
    { criticality: 'sheddable_plus' },
    { idempotent: false },
    { attempt: 2 },
    { attributes: {} },
    { parent: openCall('request') },
    { signal: undefined, timeoutMs: undefined, attributes: undefined, parent: undefined },
  ])('%# is fine', (options) => {
    expect(check(options)).not.toThrow();
  });

  test('a signal of another implementation is fine', () => {
    expect(check({ signal: { aborted: false, addEventListener() {}, removeEventListener() {} } })).not.toThrow();
  });

  test.each([
    [{ signal: null }, 'signal must be an AbortSignal, got null'],
    [{ signal: new AbortController() }, 'signal must be an AbortSignal, got'],
    [{ timeoutMs: -1 }, 'timeoutMs must be a number of at least 0, in milliseconds, got -1'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs must be a number of at least 0, in milliseconds, got NaN'],
    [{ timeoutMs: '5' }, 'timeoutMs must be a number of at least 0, in milliseconds, got "5"'],
    [{ key: 5 }, 'key must be a string, got 5'],
    [{ criticality: 'high' }, 'criticality must be one of critical_plus, critical, sheddable_plus, sheddable, got "high"'],
    [{ idempotent: 'yes' }, 'idempotent must be true or false, got "yes"'],
    [{ attempt: 0 }, 'attempt must be a whole number of at least 1, got 0'],
    [{ attributes: null }, 'attributes must be an object, got null'],
    [{ parent: { id: 1 } }, 'parent must be the context of a running call, got {"id":1}'],
    [{ timeout: 5 }, 'timeout must be a known option: did you mean timeoutMs? (known: signal, timeoutMs, key, '],
    [{ constructor: 5 }, 'constructor must be a known option (known: signal'],
    [null, 'options must be an object, got null'],
    [5_000, 'options must be an object, got 5000'],
  ])('%j is not', (options, message) => {
    expect(check(options)).toThrow(`payments: option ${message}`);
  });
});

describe('what run may not be told, one by one', () => {
  test.each([
    [{ signal: { aborted: false } }, 'signal'],
    [{ signal: { addEventListener() {} } }, 'signal'],
    [{ attempt: 1.5 }, 'attempt'],
    [{ attempt: Infinity }, 'attempt'],
    [{ attempt: '2' }, 'attempt'],
  ])('%j', (options, option) => {
    expect(check(options)).toThrow(`payments: option ${option} must be`);
  });

  test('the first attempt may be named', () => {
    expect(check({ attempt: 1 })).not.toThrow();
  });

  test('what options inherit is not theirs', () => {
    expect(check(Object.create({ timoutMs: 5, timeoutMs: -1 }))).not.toThrow();
  });
});
