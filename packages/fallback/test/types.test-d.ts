import { pipeline } from '@holdfast/core';
import type { Guard, Outcome, Pipeline, PolicyCall } from '@holdfast/core';
import { expectTypeOf } from 'vitest';
import { fallback } from '../src/index.ts';
import type { Answer } from '../src/index.ts';

interface Receipt {
  readonly id: number;
}
declare const charge: () => Promise<Receipt>;
declare const refuses: Guard;

// A value answers with its own type; a literal is widened as in any variable, unless it says that it is constant.
expectTypeOf(fallback('none')).toEqualTypeOf<Guard<string>>();
expectTypeOf(fallback('none' as const)).toEqualTypeOf<Guard<'none'>>();
expectTypeOf(fallback(0)).toEqualTypeOf<Guard<number>>();
expectTypeOf(fallback({ id: 0 })).toEqualTypeOf<Guard<{ id: number }>>();
expectTypeOf(fallback(['a'])).toEqualTypeOf<Guard<string[]>>();
expectTypeOf(fallback(null)).toEqualTypeOf<Guard<null>>();
expectTypeOf(fallback(undefined)).toEqualTypeOf<Guard<undefined>>();
expectTypeOf(fallback<Receipt>({ id: 0 })).toEqualTypeOf<Guard<Receipt>>();

// A function answers with what it returns, or with what its promise resolves to.
expectTypeOf(fallback(() => 'none')).toEqualTypeOf<Guard<string>>();
expectTypeOf(fallback(async () => 'none')).toEqualTypeOf<Guard<string>>();
expectTypeOf(fallback((): Receipt | null => null)).toEqualTypeOf<Guard<Receipt | null>>();
expectTypeOf(fallback(async (): Promise<Receipt | null> => null)).toEqualTypeOf<Guard<Receipt | null>>();
expectTypeOf(fallback(() => [] as Receipt[])).toEqualTypeOf<Guard<Receipt[]>>();
expectTypeOf(fallback(() => {})).toEqualTypeOf<Guard<void>>();
expectTypeOf(fallback(() => (): number => 5)).toEqualTypeOf<Guard<() => number>>();
// What always throws adds nothing to the result.
expectTypeOf(
  fallback(() => {
    throw new Error('in other words');
  }),
).toEqualTypeOf<Guard>();

// Its parameters are typed without a word.
fallback((error, call, outcome) => {
  expectTypeOf(error).toEqualTypeOf<unknown>();
  expectTypeOf(call).toEqualTypeOf<PolicyCall>();
  expectTypeOf(outcome).toEqualTypeOf<Outcome>();
});
declare const answer: Answer<Receipt>;
expectTypeOf(fallback(answer)).toEqualTypeOf<Guard<Receipt>>();

// The result of a pipeline is the union of the operation's and of every fallback's.
const service = pipeline(
  'service',
  fallback(null),
  refuses,
  fallback(async () => 'cached' as const),
);
expectTypeOf(service).toEqualTypeOf<Pipeline<null | 'cached'>>();
expectTypeOf(service.run(charge)).toEqualTypeOf<Promise<Receipt | null | 'cached'>>();
expectTypeOf(service.wrap(charge)).returns.toEqualTypeOf<Promise<Receipt | null | 'cached'>>();
expectTypeOf(pipeline('service', refuses).run(charge)).toEqualTypeOf<Promise<Receipt>>();
expectTypeOf(
  pipeline(
    'service',
    fallback((): Receipt => ({ id: 0 })),
  ).run(charge),
).toEqualTypeOf<Promise<Receipt>>();
// Also through a pipeline within a pipeline.
expectTypeOf(pipeline('outer', service).run(charge)).toEqualTypeOf<Promise<Receipt | null | 'cached'>>();

// What is answered.
fallback(null, { on: TypeError });
fallback(null, { on: [TypeError, DOMException, 'HOLDFAST_TIMEOUT'] });
fallback(null, { on: 'ECONNREFUSED' });
fallback(null, { on: (error, outcome) => error instanceof Error && outcome.kind === 'rejected' });
// @ts-expect-error a promise is always truthy
fallback(null, { on: async () => false });
// @ts-expect-error no error
fallback(null, { on: Map });
// @ts-expect-error no such option
fallback(null, { when: TypeError });
