import { isHoldfastError } from '@holdfast/core';
import type { Ending } from '@holdfast/core';
import { httpDate } from './http-date.ts';

/**
 * How long the other side asks to be left alone, in milliseconds: 0 for "come at once", `Infinity` for "do not come again", and
 * `undefined` if it does not say. Looks, in this order, at
 * - `retryAfterMs` of the error or value, as holdfast's own errors carry it, and `retry: 'never'` of a refusal of ours;
 * - the header `x-holdfast-shed`: `retry=never`, `retry=after=<ms>`;
 * - the header `Retry-After`, see {@link parseRetryAfter}.
 *
 * Headers are looked for on a returned value, and on an error or its `response`: a `Headers` object or anything with `get`, or a
 * plain object whose names may be in any case.
 */
export function retryAfterOf({ threw, value, error }: Ending): number | undefined {
  const source = threw ? error : value;
  if (!isObject(source)) return undefined;
  if (isHoldfastError(source) && (source as { retry?: unknown }).retry === 'never') return Number.POSITIVE_INFINITY;
  const { retryAfterMs, headers, response } = source;
  if (typeof retryAfterMs === 'number' && retryAfterMs >= 0) return retryAfterMs;
  const found = headers ?? (threw && isObject(response) ? response['headers'] : undefined);
  return isObject(found) ? fromHeaders(found) : undefined;
}

/**
 * Milliseconds to wait by a `Retry-After` header: whole seconds, or an HTTP date judged against `date`, the `Date` header of the
 * same response. Never against our own wall clock, which need not agree with the server's and may jump; so without a `date` a
 * date says nothing. A date already past is 0. What is malformed is `undefined`: as if it were absent.
 * @see RFC 9110, section 10.2.3
 */
export function parseRetryAfter(retryAfter: string, date?: string): number | undefined {
  const text = retryAfter.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const at = httpDate(text);
  const sentAt = date === undefined ? undefined : httpDate(date.trim());
  return at === undefined || sentAt === undefined ? undefined : Math.max(0, at - sentAt);
}

type Bag = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Bag => typeof value === 'object' && value !== null;

function fromHeaders(headers: Bag): number | undefined {
  const shed = header(headers, 'x-holdfast-shed');
  const [, retry, afterMs] = (shed && /(?:^|;)\s*retry\s*=\s*(never|after\s*=\s*(\d+))\s*(?:;|$)/i.exec(shed)) || [];
  if (afterMs !== undefined) return Number(afterMs);
  if (retry !== undefined) return Number.POSITIVE_INFINITY;
  const retryAfter = header(headers, 'retry-after');
  return retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, header(headers, 'date'));
}

function header(headers: Bag, name: string): string | undefined {
  let value: unknown;
  if (typeof headers['get'] === 'function') value = headers['get'](name);
  else value = headers[name] ?? headers[Object.keys(headers).find((key) => key.toLowerCase() === name) ?? name];
  if (Array.isArray(value)) value = value[0];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}
