import { Outcome } from '@holdfast/core';
import { describe, expect, test } from 'vitest';
import { httpDate } from './http-date.ts';
import { parseRetryAfter, retryAfterOf } from './retry-after.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

describe('an HTTP date', () => {
  const at = Date.UTC(1994, 10, 6, 8, 49, 37);

  test.each([DATE, 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])('is read in the form of %s', (text) => {
    expect(httpDate(text)).toBe(at);
  });

  test('has years of two digits from 1970 to 2069', () => {
    expect(httpDate('Sunday, 06-Nov-70 00:00:00 GMT')).toBe(Date.UTC(1970, 10, 6));
    expect(httpDate('Sunday, 06-Nov-69 00:00:00 GMT')).toBe(Date.UTC(2069, 10, 6));
  });

  test('is read on leap days and leap seconds, but not on days and at hours that do not exist', () => {
    expect(httpDate('Thu, 29 Feb 2024 23:59:60 GMT')).toBe(Date.UTC(2024, 2, 1));
    expect(httpDate('Wed, 29 Feb 2023 00:00:00 GMT')).toBeUndefined();
    expect(httpDate('Sun, 06 Nov 1994 24:00:00 GMT')).toBeUndefined();
    expect(httpDate('Sun, 06 Nov 1994 08:60:00 GMT')).toBeUndefined();
    expect(httpDate('Sun, 06 Nov 1994 08:00:61 GMT')).toBeUndefined();
    expect(httpDate('Sun, 06 Nev 1994 08:00:00 GMT')).toBeUndefined();
  });

  test.each(['', '-5', '2001', '1.5', '1994-11-06T08:49:37Z', 'Sun, 06 Nov 1994 08:49:37 CET', 'Sun, 6 Nov 1994 08:49:37 GMT'])(
    'is not %j',
    (text) => {
      expect(httpDate(text)).toBeUndefined();
    },
  );
});

describe('T33: the header Retry-After', () => {
  test('counts seconds, and zero is zero', () => {
    expect(parseRetryAfter('120')).toBe(120_000);
    expect(parseRetryAfter(' 1 ')).toBe(1_000);
    expect(parseRetryAfter('0')).toBe(0);
  });

  test('may be huge', () => {
    expect(parseRetryAfter('99999999999999999999')).toBeGreaterThan(1e22);
  });

  test('gives a date by the Date of the same response, whatever our own clock says', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:50:37 GMT', DATE)).toBe(60_000);
    expect(parseRetryAfter('Wed, 06 Nov 2999 08:49:37 GMT')).toBeUndefined();
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:50:37 GMT', 'yesterday')).toBeUndefined();
  });

  test('counts a date already past as now', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:36 GMT', DATE)).toBe(0);
  });

  test.each(['', '-1', '1.5', '1e3', '0x10', 'soon', '10 s', 'Infinity'])('says nothing when malformed: %j', (text) => {
    expect(parseRetryAfter(text, DATE)).toBeUndefined();
  });
});

describe('the wish of the other side', () => {
  const returned = (value: unknown): number | undefined => retryAfterOf(Outcome.returned(value, 'failure'));
  const thrown = (error: unknown): number | undefined => retryAfterOf(Outcome.thrown(error));

  test('is read from Headers, from plain objects in any case, and from the first of a list', () => {
    expect(returned(new Response('', { status: 503, headers: { 'Retry-After': '2' } }))).toBe(2_000);
    expect(returned({ headers: { 'retry-after': '2' } })).toBe(2_000);
    expect(returned({ headers: { 'Retry-After': '2' } })).toBe(2_000);
    expect(returned({ headers: { 'retry-after': ['2', '7'] } })).toBe(2_000);
    expect(returned({ headers: { 'retry-after': 2 } })).toBe(2_000);
    expect(returned({ headers: { 'retry-after': 'Sun, 06 Nov 1994 08:49:40 GMT', date: DATE } })).toBe(3_000);
  });

  test('is read from an error, or the response it carries', () => {
    expect(thrown({ headers: new Headers({ 'retry-after': '2' }) })).toBe(2_000);
    expect(thrown({ response: { headers: { 'retry-after': '2' } } })).toBe(2_000);
  });

  test('is what retryAfterMs says first of all, zero included', () => {
    expect(thrown({ retryAfterMs: 1_500, headers: { 'retry-after': '2' } })).toBe(1_500);
    expect(thrown({ retryAfterMs: 0, headers: { 'retry-after': '2' } })).toBe(0);
    expect(thrown({ retryAfterMs: -1 })).toBeUndefined();
    expect(thrown({ retryAfterMs: Number.NaN })).toBeUndefined();
  });

  test('is never, or a time to the millisecond, in a refusal by overload', () => {
    const shed = (retry: string): number | undefined =>
      returned({ headers: { 'x-holdfast-shed': `reason=queue; scope=local; ${retry}`, 'retry-after': '2' } });
    expect(shed('retry=never')).toBe(Number.POSITIVE_INFINITY);
    expect(shed('retry=after=250')).toBe(250);
    expect(shed('retry=other')).toBe(2_000);
    expect(shed('retry=nevermore')).toBe(2_000);
    expect(shed('noretry=never')).toBe(2_000);
  });

  test('is never for a refusal of our own that says so', () => {
    expect(thrown(Object.assign(new Error('shed'), { code: 'HOLDFAST_SHED', retry: 'never' }))).toBe(Number.POSITIVE_INFINITY);
    expect(thrown(Object.assign(new Error('other'), { retry: 'never' }))).toBeUndefined();
  });

  test.each([undefined, null, 'text', 5, {}, { headers: null }, { headers: 'x' }, { headers: {} }])(
    'is unknown of %j',
    (value) => {
      expect(returned(value)).toBeUndefined();
      expect(thrown(value)).toBeUndefined();
    },
  );
});
