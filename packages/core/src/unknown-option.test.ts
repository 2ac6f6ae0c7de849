import { describe, expect, test } from 'vitest';
import { unknownOption } from './unknown-option.ts';

const allowed = (name: string, ...known: string[]): string => unknownOption('a', name, 5, known).allowed;

test('an unknown option is named with its value, and those that are known', () => {
  expect(unknownOption('retry', 'color', 'red', ['attempts', 'delayMs'])).toMatchObject({
    message: 'retry: option color must be a known option (known: attempts, delayMs), got "red"',
    option: 'color',
    value: 'red',
    policy: 'retry',
  });
});

describe('the one that was meant', () => {
  test.each<[given: string, meant: string]>([
    ['retries', 'attempts'],
    ['maxAttempts', 'attempts'],
    ['maxRetries', 'attempts'],
    ['timeoutMs', 'ms'],
    ['timeout', 'ms'],
    ['queueTimeoutMs', 'maxWaitMs'],
    ['maxWaitMs', 'queueTimeoutMs'],
    ['max', 'maxEntries'],
    ['max', 'limit'],
    ['max', 'concurrency'],
    ['maxEntries', 'max'],
    ['maxConcurrent', 'concurrency'],
    ['percentile', 'quantile'],
    ['threshold', 'failureRatio'],
    ['resetTimeout', 'openMs'],
    ['shareErrors', 'shareFailures'],
  ])('of %s is %s, as others call it', (given, meant) => {
    expect(allowed(given, 'elsewhere', meant)).toBe(`a known option: did you mean ${meant}? (known: elsewhere, ${meant})`);
  });

  test('is the first of several names it goes by', () => {
    expect(allowed('max', 'concurrency', 'limit')).toContain('did you mean limit?');
  });

  test('as others call it comes before the nearest', () => {
    expect(allowed('maxAttempts', 'maxAttempt', 'attempts')).toContain('did you mean attempts?');
    expect(allowed('maxConcurrent', 'maxConcurrence', 'concurrency')).toContain('did you mean concurrency?');
  });

  test.each<[what: string, given: string, known: string[], meant: string | undefined]>([
    ['a letter too few', 'attmpts', ['attempts'], 'attempts'],
    ['a letter too many', 'attemptss', ['attempts'], 'attempts'],
    ['another case', 'DELAYMS', ['delayMs'], 'delayMs'],
    ['a third of the longer name', 'abcdxx', ['abcdef'], 'abcdef'],
    ['a third begun', 'abxx', ['abcd'], 'abcd'],
    ['more than a third', 'axxx', ['abcd'], undefined],
    ['more than a third of the longer name, not of the shorter', 'abcdefxxx', ['abcdef'], 'abcdef'],
    ['nothing in common', 'xyz', ['attempts', 'clock'], undefined],
    ['a property of every object', 'constructor', ['clock'], undefined],
    ['none to choose from', 'clock', [], undefined],
  ])('may differ in %s', (_what, given, known, meant) => {
    const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
    expect(allowed(given, ...known)).toBe(`a known option${hint} (known: ${known.join(', ')})`);
  });

  test('is the nearest, and of equally near ones the first', () => {
    expect(allowed('delay', 'relays', 'delays')).toContain('mean delays?');
    expect(allowed('delay', 'delayA', 'delayB')).toContain('mean delayA?');
  });

  test('of an option within an option is asked by its last name', () => {
    expect(allowed('window.duratonMs', 'durationMs')).toContain('mean durationMs?');
    expect(allowed('window.inner.retries', 'attempts')).toContain('mean attempts?');
    expect(allowed('window.retries', 'attempts')).toContain('mean attempts?');
  });
});
