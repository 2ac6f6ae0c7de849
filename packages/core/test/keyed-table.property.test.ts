import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedTable } from '../src/index.ts';
import type { KeyedEntry } from '../src/index.ts';
import { VirtualClock } from '../src/testing.ts';

/**
 * Keys that come into use, fall idle and are looked for, at any time and some of them without success, against the plainest model
 * there is: two lists, from which all that have been idle for too long go at once. The table takes its time about those; but it never
 * gives one out again, nor forgets another in its place.
 */

type Step = { readonly enter: number } | { readonly leave: number } | { readonly advanceMs: number } | { readonly uses: number };

interface Known {
  readonly key: string;
  /** Which one it is of those made for the key. */
  readonly value: number;
  inFlight: number;
  idleSince: number;
}

class Model {
  busy: Known[] = [];
  idle: Known[] = [];
  readonly #max: number;
  readonly #idleMs: number;

  constructor(max: number, idleMs: number) {
    this.#max = max;
    this.#idleMs = idleMs;
  }

  forget(now: number): void {
    this.idle = this.idle.filter(({ idleSince }) => idleSince + this.#idleMs > now);
    while (this.idle.length > 0 && this.idle.length + this.busy.length > this.#max) this.idle.shift();
  }

  /** @param made the value that a new one would get; `undefined` if none can be made. */
  enter(key: string, now: number, made: number | undefined): number | undefined {
    this.forget(now);
    let known = [...this.busy, ...this.idle].find((one) => one.key === key);
    if (known === undefined && made !== undefined) known = { key, value: made, inFlight: 0, idleSince: now };
    if (known === undefined) return undefined;
    if (known.inFlight++ === 0) this.busy.push(known);
    this.idle = this.idle.filter((one) => one !== known);
    this.forget(now);
    return known.value;
  }

  leave(key: string, now: number): void {
    const known = this.busy.find((one) => one.key === key)!;
    if (--known.inFlight > 0) return;
    known.idleSince = now;
    this.busy = this.busy.filter((one) => one !== known);
    this.idle.push(known);
    this.forget(now);
  }

  get keys(): string[] {
    return [...this.idle, ...this.busy].map(({ key }) => key);
  }
}

const KEYS = 60;
/** For every seventh key nothing can be made at its first two tries. */
const fails = (index: number, tries: number): boolean => index % 7 === 0 && tries <= 2;

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ enter: fc.nat(KEYS - 1) }), weight: 4 },
  { arbitrary: fc.record({ leave: fc.nat(20) }), weight: 3 },
  { arbitrary: fc.record({ advanceMs: fc.nat(60) }), weight: 2 },
  { arbitrary: fc.record({ uses: fc.integer({ min: 10, max: KEYS }) }), weight: 1 },
);

test('a table keeps, gives out and forgets as the model does, and never many at once', async () => {
  const plan = fc.record({
    steps: fc.array(step, { maxLength: 60 }),
    max: fc.integer({ min: 1, max: KEYS }),
    idleMs: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.constant(Infinity)),
  });
  let most = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ steps, max, idleMs }) => {
      const clock = new VirtualClock();
      const model = new Model(max, idleMs);
      const tries = new Map<string, number>();
      let made = 0;
      const table = new KeyedTable(
        (key) => {
          tries.set(key, (tries.get(key) ?? 0) + 1);
          if (fails(Number(key), tries.get(key)!)) throw new Error('none');
          return made;
        },
        { max, idleMs, maxLabels: 0, clock },
      );
      const inFlight: KeyedEntry<number>[] = [];

      const enter = (index: number): void => {
        const key = String(index);
        const before = table.size;
        const willFail = fails(index, (tries.get(key) ?? 0) + 1);
        const expected = model.enter(key, clock.now(), willFail ? undefined : ++made);
        if (expected === undefined) expect(() => table.enter(key)).toThrow('none');
        else {
          const entry = table.enter(key);
          expect(entry.value).toBe(expected);
          inFlight.push(entry);
        }
        most = Math.max(most, before - table.size);
      };
      const leave = (index: number): void => {
        const [entry] = inFlight.splice(index % inFlight.length, 1);
        if (entry === undefined) return;
        const before = table.size;
        model.leave(entry.key, clock.now());
        table.leave(entry);
        most = Math.max(most, before - table.size);
      };
      const same = (): void => {
        const entries = table.entries();
        const usable = entries.filter((one) => one.inFlight > 0 || one.idleSince + idleMs > clock.now());
        model.forget(clock.now());
        expect(usable.map(({ key }) => key)).toEqual(model.keys);
        expect(entries.length).toBe(table.size);
        expect(table.size).toBeLessThanOrEqual(Math.max(max, model.busy.length));
        for (const { key, value } of entries) expect(table.peek(key)).toBe(value);
      };

      for (const one of steps) {
        if ('enter' in one) enter(one.enter);
        else if ('leave' in one) leave(one.leave);
        else if ('advanceMs' in one) await clock.advance(one.advanceMs);
        else {
          for (let index = 0; index < one.uses; index++) {
            const running = inFlight.length;
            enter(index);
            if (inFlight.length > running) leave(running);
          }
        }
        same();
      }
    }),
    { numRuns: 500 },
  );
  expect(most).toBeGreaterThan(1); // otherwise there was never more than one to be forgotten
  expect(most).toBeLessThan(20);
});
