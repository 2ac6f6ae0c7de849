import { expectTypeOf, test } from 'vitest';
import { Again, Outcome, keyed, pipeline, publish, shadow, subscribe } from '../src/index.ts';
import type {
  CallContext,
  EventBase,
  Guard,
  GuardCall,
  HoldfastEvent,
  HoldfastErrorCode,
  OutcomeKind,
  Pipeline,
  Policy,
  Wrapper,
  WrapperCall,
} from '../src/index.ts';
import { VirtualClock, scripted } from '../src/testing.ts';

// Checked by `tsc -p tsconfig.test.json`; never run.

declare module '@holdfast/core' {
  interface HoldfastEvents {
    'types.happened': EventBase & { readonly howOften: number };
  }
}

interface Order {
  readonly id: string;
}
interface Receipt {
  readonly sum: number;
}
const p = pipeline('p');

test('wrap keeps the signature and returns a promise of the result', () => {
  const charge = async (_order: Order, _times?: number, ..._notes: string[]): Promise<Receipt> => ({ sum: 1 });
  expectTypeOf(p.wrap(charge)).parameters.toEqualTypeOf<[order: Order, times?: number | undefined, ...notes: string[]]>();
  expectTypeOf(p.wrap(charge)).returns.toEqualTypeOf<Promise<Receipt>>();
  expectTypeOf(p.wrap((text: string) => text.length)).returns.toEqualTypeOf<Promise<number>>();
  // @ts-expect-error -- an order is no text
  void p.wrap(charge)('order');
  // @ts-expect-error -- nor is nothing an order
  void p.wrap(charge)();
});

test('wrap keeps this', () => {
  function total(this: { readonly sum: number }, more: number): number {
    return this.sum + more;
  }
  const wrapped = p.wrap(total);
  expectTypeOf(wrapped).thisParameter.toEqualTypeOf<{ readonly sum: number }>();
  expectTypeOf(wrapped.call({ sum: 1 }, 2)).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error -- this has no sum
  void wrapped.call({}, 2);
});

test('run has the result of the operation, awaited', () => {
  expectTypeOf(p.run(() => 5)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(p.run(async () => 'text')).toEqualTypeOf<Promise<string>>();
  expectTypeOf(p.run(() => (Math.random() > 0.5 ? 5 : Promise.resolve(5)))).toEqualTypeOf<Promise<number>>();
  expectTypeOf(
    p.run((): never => {
      throw new Error('x');
    }),
  ).toEqualTypeOf<Promise<never>>();
  void p.run((call) => {
    expectTypeOf(call).toEqualTypeOf<CallContext>();
    return p.run((inner) => inner.attempt, call);
  });
  void p
    .run(scripted([{ value: 5 }], { clock: new VirtualClock() }))
    .then((value) => expectTypeOf(value).toEqualTypeOf<number>());
});

test('run has what policies add, from either shape and from within', () => {
  const guard: Guard<'g'> = { exit: () => Outcome.returned('g') };
  const wrapper: Wrapper<'w'> = { run: (operation) => operation() };
  expectTypeOf(pipeline('q', guard).run(() => 5)).toEqualTypeOf<Promise<number | 'g'>>();
  expectTypeOf(pipeline('q', wrapper).run(() => 5)).toEqualTypeOf<Promise<number | 'w'>>();
  expectTypeOf(pipeline('q', guard, wrapper, { enter() {} }).run(() => 5)).toEqualTypeOf<Promise<number | 'g' | 'w'>>();
  expectTypeOf(pipeline('q', pipeline('inner', guard), wrapper)).toExtend<Pipeline<'g' | 'w'>>();
  expectTypeOf(pipeline('q', pipeline('inner', guard)).run(() => 5)).toEqualTypeOf<Promise<number | 'g'>>();
  expectTypeOf(
    pipeline(
      'q',
      keyed(
        ({ key }) => key,
        () => guard,
      ),
    ).run(() => 5),
  ).toEqualTypeOf<Promise<number | 'g'>>();
  expectTypeOf(
    pipeline(
      'q',
      keyed(
        ({ key }) => key,
        () => pipeline('k', wrapper),
      ),
    ).run(() => 5),
  ).toEqualTypeOf<Promise<number | 'w'>>();
  expectTypeOf(pipeline('q', guard).wrap((n: number) => n)).returns.toEqualTypeOf<Promise<number | 'g'>>();
});

test('run has nothing more from policies that add nothing', () => {
  const plain: Guard = { enter() {} };
  expectTypeOf(pipeline('q', plain, { exit() {} }).run(() => 5)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pipeline('q', pipeline('inner', plain)).run(() => 5)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(
    pipeline(
      'q',
      keyed(
        ({ key }) => key,
        () => plain,
      ),
    ).run(() => 5),
  ).toEqualTypeOf<Promise<number>>();
  expectTypeOf(
    pipeline(
      'q',
      keyed(
        ({ key }) => key,
        () => ({ enter() {} }),
      ),
    ).run(() => 5),
  ).toEqualTypeOf<Promise<number>>();
  const replacing: Guard<'g'> = { enter() {} };
  expectTypeOf(pipeline('q', shadow(replacing)).run(() => 5)).toEqualTypeOf<Promise<number>>();
  const list: readonly Policy[] = [plain];
  expectTypeOf(pipeline('q', ...list).run(() => 5)).toEqualTypeOf<Promise<number>>();
});

test('policies are written in either shape, as a literal and as a class, without a cast', () => {
  void pipeline('q', {
    name: 'literal guard',
    enter: (call) => {
      expectTypeOf(call).toEqualTypeOf<GuardCall>();
      return call.attempt;
    },
    exit: (_call, outcome, entered) => {
      expectTypeOf(outcome.kind).toEqualTypeOf<OutcomeKind>();
      return entered === 1 ? new Again(2) : undefined;
    },
  });
  void pipeline('q', {
    name: 'literal wrapper',
    async run(operation, call) {
      expectTypeOf(call).toEqualTypeOf<WrapperCall>();
      return await operation(call.fork());
    },
  });

  class ClassGuard implements Guard {
    readonly name = 'class guard';
    #inside = 0;
    enter(): void {
      this.#inside++;
    }
    exit(): void {
      this.#inside--;
    }
    snapshot(): object {
      return { inside: this.#inside };
    }
  }
  class ClassWrapper implements Wrapper<'late'> {
    async run<T>(operation: () => Promise<T>, call: WrapperCall): Promise<T | 'late'> {
      return call.remainingMs() > 0 ? await operation() : 'late';
    }
  }
  class Undeclared {
    async enter(call: GuardCall): Promise<void> {
      await call.sleep(1);
    }
  }
  expectTypeOf(pipeline('q', new ClassGuard(), new Undeclared()).run(() => 5)).toEqualTypeOf<Promise<number>>();
  // A class takes only the members it writes, so what it adds is said by the type it is given.
  const wrapper: Wrapper<'late'> = new ClassWrapper();
  expectTypeOf(pipeline('q', wrapper).run(() => 5)).toEqualTypeOf<Promise<number | 'late'>>();
});

test('events narrow by their type, and a package adds its own', () => {
  const end = subscribe((event) => {
    expectTypeOf(event).toEqualTypeOf<HoldfastEvent>();
    if (event.type === 'attempt.finished') expectTypeOf(event.kind).toEqualTypeOf<OutcomeKind>();
    if (event.type === 'call.dequeued') expectTypeOf(event.waitedMs).toEqualTypeOf<number>();
    if (event.type === 'call.started') expectTypeOf(event.call).toEqualTypeOf<CallContext>();
    if (event.type === 'types.happened') expectTypeOf(event.howOften).toEqualTypeOf<number>();
    // @ts-expect-error -- only events of a call have a call id
    expectTypeOf(event.callId).toEqualTypeOf<number>();
    // @ts-expect-error -- no such event
    if (event.type === 'call.vanished') return;
  });
  expectTypeOf(end).toEqualTypeOf<() => void>();
  publish({ type: 'types.happened', at: 0, howOften: 1 });
  // @ts-expect-error -- it has to say how often
  publish({ type: 'types.happened', at: 0 });
  subscribe(() => {}, { around: (_call, run) => run() });
  // @ts-expect-error -- an around hands the result on
  subscribe(() => {}, { around: (_call, run) => void run() });
});

test('bad uses are errors', () => {
  expectTypeOf(p).toExtend<Policy>();
  // @ts-expect-error -- a policy has to do something
  void pipeline('q', { name: 'idle', snapshot: 5 });
  // @ts-expect-error -- one shape, not both
  void pipeline('q', { enter() {}, run: (operation: () => Promise<unknown>) => operation() });
  // @ts-expect-error -- a factory has to be called
  void pipeline('q', () => ({ enter() {} }));
  // @ts-expect-error -- a pipeline has a name
  void pipeline({ clock: new VirtualClock() });
  // @ts-expect-error -- a misspelt option
  void p.run(() => 5, { timoutMs: 5 });
  // @ts-expect-error -- no such class
  void p.run(() => 5, { criticality: 'high' });
  // @ts-expect-error -- an operation is a function
  void p.run(Promise.resolve(5));
  // @ts-expect-error -- exit does not answer with a value, but with an Outcome
  const answers: Guard = { exit: () => 'value' };
  // @ts-expect-error -- a guard has no place in a wrapper's stead
  const wrapper: Wrapper = { enter() {} };
  // @ts-expect-error -- a wrapper cannot be tried without doing it
  void shadow({ run: (operation: () => Promise<unknown>) => operation() });
  const keyOf = ({ key }: CallContext): string | undefined => key;
  const factory = (): Guard => ({ enter() {} });
  // @ts-expect-error -- a key is text
  void keyed(() => 5, factory);
  // @ts-expect-error -- a factory makes policies
  void keyed(keyOf, () => 5);
  // @ts-expect-error -- no such code
  const code: HoldfastErrorCode = 'HOLDFAST_UNKNOWN';
  // @ts-expect-error -- a script needs the clock
  void scripted([{}], {});
  void [answers, wrapper, code];
});
