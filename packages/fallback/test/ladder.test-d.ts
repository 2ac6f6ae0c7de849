import { pipeline } from '@holdfast/core';
import type { PolicyCall } from '@holdfast/core';
import { expectTypeOf } from 'vitest';
import { circuitSignal, ladder, queueSignal } from '../src/index.ts';
import type { AnswersOf, Ladder, Levels } from '../src/index.ts';

interface Title {
  readonly id: number;
}
declare const personal: () => Promise<Title[]>;
declare const cache: Map<string, Title[]>;
declare const popular: Title[];
declare const pool: { snapshot(): { queued: number; queue: number } };

const recommendations = ladder({
  levels: [
    { name: 'full' },
    {
      name: 'cached',
      answer: (call, error) => {
        expectTypeOf(call).toEqualTypeOf<PolicyCall>();
        expectTypeOf(error).toEqualTypeOf<unknown>();
        return cache.get(call.key ?? '');
      },
    },
    { name: 'popular', answer: async () => popular },
    { name: 'static', answer: 'sorry' },
  ],
  signals: [
    circuitSignal({ state: 'open' }),
    queueSignal(pool, { downAt: 0.5, to: 'popular' }),
    { name: 'heap', read: () => 0.5, to: 'static' },
  ],
});

// The names are a union, the answers are added to the operation's; a miss (`undefined`) is not.
expectTypeOf(recommendations.level).toEqualTypeOf<'full' | 'cached' | 'popular' | 'static'>();
expectTypeOf(recommendations).toEqualTypeOf<Ladder<'full' | 'cached' | 'popular' | 'static', Title[] | 'sorry'>>();
expectTypeOf(pipeline('recommendations', recommendations).run(personal)).toEqualTypeOf<Promise<Title[] | 'sorry'>>();
expectTypeOf(pipeline('outer', pipeline('inner', recommendations)).run(async () => 1)).toEqualTypeOf<
  Promise<number | Title[] | 'sorry'>
>();
expectTypeOf(recommendations.draw()).toEqualTypeOf<'full' | 'cached' | 'popular' | 'static'>();

// The same types add nothing.
const same = ladder({ levels: [{ name: 'full' }, { name: 'static', answer: popular }] });
expectTypeOf(pipeline('p', same).run(personal)).toEqualTypeOf<Promise<Title[]>>();

// Levels that run the inside answer nothing of their own.
const brownout = ladder({ levels: [{ name: 'full' }, { name: 'lite' }] });
expectTypeOf(brownout).toEqualTypeOf<Ladder<'full' | 'lite', never>>();
expectTypeOf(pipeline('p', brownout).run(personal)).toEqualTypeOf<Promise<Title[]>>();

// The last level's undefined is an answer, and so are null and promises given as values.
expectTypeOf<
  AnswersOf<
    readonly [
      { readonly name: 'full' },
      { readonly name: 'a'; readonly answer: () => 1 | undefined },
      { readonly name: 'b'; readonly answer: Promise<2> },
      { readonly name: 'c'; readonly answer: null },
      { readonly name: 'd'; readonly answer: () => Promise<3 | undefined> },
    ]
  >
>().toEqualTypeOf<1 | 2 | 3 | null | undefined>();

recommendations.pin('static');
// @ts-expect-error no such level
recommendations.pin('off');
// @ts-expect-error no such level
if (recommendations.level === 'chached') throw new Error();
// @ts-expect-error the best level runs the inside
ladder({ levels: [{ name: 'full', answer: 1 }, { name: 'static' }] });
// @ts-expect-error at least two
ladder({ levels: [{ name: 'full' }] });
// @ts-expect-error no such option: it would be a level without an answer
ladder({ levels: [{ name: 'full' }, { name: 'static', anwser: 1 }] });
// @ts-expect-error no such option, at the best level either
ladder({ levels: [{ name: 'full', after: 5 }, { name: 'lite' }] });
// @ts-expect-error no such option, beside an answer
ladder({ levels: [{ name: 'full' }, { name: 'static', answer: (call) => call.key, to: 'x' }] });
// @ts-expect-error no such option
ladder({ levels: [{ name: 'full' }, { name: 'static', answer: 1 }], failureRate: 0.5 });
// A list of levels that was made elsewhere, when only it is known that they are levels.
declare const made: Levels;
expectTypeOf(ladder({ levels: made })).toEqualTypeOf<Ladder>();
const list = [{ name: 'full' }, { name: 'static', answer: 1 }] as const;
expectTypeOf(ladder({ levels: list })).toEqualTypeOf<Ladder<'full' | 'static', 1>>();
// @ts-expect-error no such level
ladder({ levels: [{ name: 'full' }, { name: 'static', answer: 1 }], signals: [{ name: 'x', read: () => 1, to: 'off' }] });
// @ts-expect-error no such level
ladder({ levels: [{ name: 'full' }, { name: 'static', answer: 1 }], signals: [queueSignal(pool, { to: 'off' })] });
