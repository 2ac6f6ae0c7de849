import type { PolicyCall } from '@holdfast/core';

/**
 * Makes the answer of a level. `error` is why no better level answered this call: `undefined` when none was asked, or none had
 * anything. `undefined` means that there is no answer for this call, and the next lower level is asked.
 */
export type LevelAnswer = (call: PolicyCall, error: unknown) => unknown;

/** A level at which calls run what is inside of the ladder, which may look at the level and do less. */
export interface InsideLevel {
  readonly name: string;
  readonly answer?: undefined;
}

/** A level that answers by itself: with a value, the same one each time, or with what a function makes. */
export interface AnswerLevel {
  readonly name: string;
  readonly answer: LevelAnswer | string | number | boolean | bigint | symbol | object | null;
}

/** Service levels, the best one first; those that run the inside come before those that answer. */
export type Levels = readonly [InsideLevel, InsideLevel | AnswerLevel, ...(InsideLevel | AnswerLevel)[]];

/** The same levels, where an option that no level has fits nothing: it would be lost where their type is inferred. */
export type OnlyKnown<L extends Levels> = {
  readonly [Index in keyof L]: L[Index] & { readonly [Option in Exclude<keyof L[Index], keyof AnswerLevel>]: never };
};

export type NameOf<L extends Levels> = L[number]['name'];

type AnswerOf<One> = One extends { readonly answer: infer A extends {} | null }
  ? Awaited<A extends (...args: never) => infer Made ? Made : A>
  : never;

/** What the levels may answer with; only the last one's `undefined` is an answer. */
export type AnswersOf<L extends readonly unknown[]> = L extends readonly [...infer Upper, infer Last]
  ? Exclude<AnswerOf<Upper[number]>, undefined> | AnswerOf<Last>
  : AnswerOf<L[number]>;

/** Whether two lists come to the same levels. */
export function sameLevels(some: Levels, others: Levels): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ name, answer }, index) => name === others[index]!.name && Object.is(answer, others[index]!.answer));
}

/** The index of the first level that does not run the inside; how many there are if all do. */
export function firstAnswering(levels: Levels): number {
  const first = levels.findIndex(({ answer }) => answer !== undefined);
  return first < 0 ? levels.length : first;
}
