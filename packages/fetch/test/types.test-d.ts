import { fetch as undiciFetch } from 'undici';
import { expectTypeOf } from 'vitest';
import { resilientFetch } from '../src/index.ts';

// A drop-in: the very type, so that it can stand wherever a fetch is asked for.
expectTypeOf(resilientFetch()).toEqualTypeOf<typeof fetch>();
expectTypeOf(resilientFetch({ fetch: undiciFetch })).toEqualTypeOf<typeof fetch>();

// What a call says for itself is checked.
void resilientFetch()('https://example.com', { holdfast: { idempotent: true, deadlineMs: 100 } });
// @ts-expect-error no such setting
void resilientFetch()('https://example.com', { holdfast: { idempotnt: true } });
