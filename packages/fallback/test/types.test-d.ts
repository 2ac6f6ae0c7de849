import { pipeline } from '@holdfast/core';
import type { CallContext, Guard, Outcome, Pipeline, Policy, PolicyCall, PolicyTraits } from '@holdfast/core';
import { expectTypeOf } from 'vitest';
import { fallback, singleFlight, staleCache } from '../src/index.ts';
import type { Answer, Cached, Fallback, FallbackSnapshot, SingleFlight, StaleCache } from '../src/index.ts';

interface Receipt {
  readonly id: number;
}
declare const charge: () => Promise<Receipt>;
declare const refuses: Guard;

// A value answers with its own type; a literal is widened as in any variable, unless it says that it is constant.
expectTypeOf(fallback('none')).toEqualTypeOf<Fallback<string>>();
expectTypeOf(fallback('none' as const)).toEqualTypeOf<Fallback<'none'>>();
expectTypeOf(fallback(0)).toEqualTypeOf<Fallback<number>>();
expectTypeOf(fallback({ id: 0 })).toEqualTypeOf<Fallback<{ id: number }>>();
expectTypeOf(fallback(['a'])).toEqualTypeOf<Fallback<string[]>>();
expectTypeOf(fallback(null)).toEqualTypeOf<Fallback<null>>();
expectTypeOf(fallback(undefined)).toEqualTypeOf<Fallback<undefined>>();
expectTypeOf(fallback<Receipt>({ id: 0 })).toEqualTypeOf<Fallback<Receipt>>();

// A function answers with what it returns, or with what its promise resolves to.
expectTypeOf(fallback(() => 'none')).toEqualTypeOf<Fallback<string>>();
expectTypeOf(fallback(async () => 'none')).toEqualTypeOf<Fallback<string>>();
expectTypeOf(fallback((): Receipt | null => null)).toEqualTypeOf<Fallback<Receipt | null>>();
expectTypeOf(fallback(async (): Promise<Receipt | null> => null)).toEqualTypeOf<Fallback<Receipt | null>>();
expectTypeOf(fallback(() => [] as Receipt[])).toEqualTypeOf<Fallback<Receipt[]>>();
expectTypeOf(fallback(() => {})).toEqualTypeOf<Fallback<void>>();
expectTypeOf(fallback(() => (): number => 5)).toEqualTypeOf<Fallback<() => number>>();
// What always throws adds nothing to the result.
expectTypeOf(
  fallback(() => {
    throw new Error('in other words');
  }),
).toEqualTypeOf<Fallback<never>>();

// Its parameters are typed without a word.
fallback((error, call, outcome) => {
  expectTypeOf(error).toEqualTypeOf<unknown>();
  expectTypeOf(call).toEqualTypeOf<PolicyCall>();
  expectTypeOf(outcome).toEqualTypeOf<Outcome>();
});
declare const answer: Answer<Receipt>;
expectTypeOf(fallback(answer)).toEqualTypeOf<Fallback<Receipt>>();

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

// What every policy of the package has is there for sure.
expectTypeOf(fallback(null).name).toEqualTypeOf<string>();
expectTypeOf(fallback(null).snapshot()).toEqualTypeOf<FallbackSnapshot>();
expectTypeOf(fallback(null).traits()).toEqualTypeOf<PolicyTraits>();
fallback(null).prepareUpdate({ on: 'ECONNREFUSED' })();
// @ts-expect-error no such option
fallback(null).prepareUpdate({ when: TypeError });

// A cache and a single flight know the type of the answers where an option says so, and nothing has to say so.
expectTypeOf(staleCache({ ttlMs: 1 })).toEqualTypeOf<StaleCache>();
expectTypeOf(staleCache({ ttlMs: 1, clone: structuredClone })).toEqualTypeOf<StaleCache>();
expectTypeOf(singleFlight()).toEqualTypeOf<SingleFlight>();
const responses = staleCache({
  ttlMs: 1,
  clone: (response: Response) => response.clone(),
  cacheable: (response, call) => {
    expectTypeOf(response).toEqualTypeOf<Response>();
    expectTypeOf(call).toEqualTypeOf<CallContext>();
    return response.ok;
  },
  sizeOf: (response) => Number(response.headers.get('content-length')),
});
expectTypeOf(responses).toEqualTypeOf<StaleCache<Response>>();
expectTypeOf(responses.peek('k')).toEqualTypeOf<Promise<Cached<Response> | undefined>>();
responses.prepareUpdate({ cacheable: (response) => response.status === 200 });
staleCache<Receipt>({ ttlMs: 1, cacheable: (receipt) => receipt.id > 0 });
const flight = singleFlight({ clone: (response: Response) => response.clone() });
expectTypeOf(flight).toEqualTypeOf<SingleFlight>();
flight.prepareUpdate({ clone: (response: Response) => response.clone() });
// @ts-expect-error a promise of a copy is none
flight.prepareUpdate({ clone: async (response: Response) => response.clone() });
staleCache({ ttlMs: 1, cacheable: (value) => value !== null });
// @ts-expect-error another type than the one that is kept
staleCache({ ttlMs: 1, clone: (response: Response) => response.clone(), cacheable: (value: string) => value !== '' });
// @ts-expect-error a promise of a copy is none
staleCache({ ttlMs: 1, clone: async (response: Response) => response.clone() });
// @ts-expect-error a promise is always truthy
staleCache({ ttlMs: 1, cacheable: async () => false });
// They fit a pipeline of any type, and change none.
expectTypeOf(pipeline('p', responses, flight).run(charge)).toEqualTypeOf<Promise<Receipt>>();
const caches: StaleCache[] = [responses, staleCache({ ttlMs: 1 })];
const policies: Policy[] = [...caches, flight, singleFlight()];
expectTypeOf(pipeline('p', ...policies).run(charge)).toEqualTypeOf<Promise<Receipt>>();

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
