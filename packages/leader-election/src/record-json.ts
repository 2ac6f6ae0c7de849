import { recordOf } from './elector/record.ts';
import type { LeaseRecord } from './lease.ts';

const TEXTS = ['holder', 'termId', 'handOffTo'] as const;
const NUMBERS = ['renewal', 'durationMs', 'transitions', 'acquiredAtMs', 'renewedAtMs', 'rank'] as const;

/** @returns the record in what `JSON.parse` made of it, `undefined` if it is none. */
export function recordIn(value: unknown): LeaseRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = value as Record<string, unknown>;
  if (!TEXTS.every((name) => typeof found[name] === 'string')) return undefined;
  if (!NUMBERS.every((name) => Number.isFinite(found[name]))) return undefined;
  return recordOf(found as unknown as LeaseRecord);
}

/** `JSON.parse` for what others may have written. @returns `undefined` if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
