import { isHoldfastError, Outcome } from '@holdfast/core';
import type { CallContext, Clock, PolicyTraits, Wrapper, WrapperCall } from '@holdfast/core';
import { LadderLog } from './ladder-log.ts';
import type { LadderOptions, LadderUpdate } from './ladder-options.ts';
import { check } from './ladder-parts.ts';
import { readChanges, readLadder } from './ladder-settings.ts';
import type { LadderSnapshot } from './ladder-snapshot.ts';
import { ServiceLevel } from './ladder-level.ts';
import { answerFrom } from './level-answer.ts';
import { firstAnswering } from './levels.ts';
import type { AnswersOf, Levels, NameOf, OnlyKnown } from './levels.ts';

export interface Ladder<Name extends string = string, Added = unknown> extends Wrapper<Added> {
  readonly name: string;
  readonly clock: Clock;
  /** The level now. Looks at the signals, if that was not done for `evaluateMs`; so it may change by being read. */
  readonly level: Name;
  /** Of the level: 0 is the best. */
  readonly index: number;
  /**
   * The level to serve one piece of work at that is not run through the ladder: `level`, or the better one for the share of the work
   * that tries it during a climb.
   */
  draw(): Name;
  /** The level this call is served at: for an operation that does less at a lower one. The present level for any other call. */
  levelOf(call: CallContext): Name;
  /** Holds a level, whatever the signals say, until `unpin`. */
  pin(level: Name): void;
  /** Lets go: from there it goes down at once if it has to, and climbs as after a fall. */
  unpin(): void;
  snapshot(): LadderSnapshot;
  traits(): PolicyTraits;
  /**
   * Thresholds, signals, window and climb; not `name`, `levels`, `clock` and `random`. The level, a climb under way and what was
   * counted stay; a signal of the same name and level keeps what it has said.
   */
  prepareUpdate(options: LadderUpdate): () => void;
}

/**
 * Serves at named levels, the best one first: `full`, `cached`, `popular`, `static`. What runs inside is the best level; each lower
 * one has an answer of its own. It goes down at once, as far as the signals demand, or one level when too many of its own calls
 * fail; from then on calls are answered there and the inside is left in peace. It climbs one level at a time, after a while of calm,
 * with a share of the calls that grows; what fails then falls back at once, and the next attempt waits longer.
 *
 * A single call goes down by itself: if the inside fails or refuses it, or a level has no answer for it, the next lower one is asked.
 * Not asked for are endings that were classified `ignored`, mistakes in the options of a policy (`ConfigError`), and calls whose caller
 * gave up. When the last level throws, that is what the caller gets, classified as what it was to answer for.
 *
 * Outermost in a pipeline. One ladder may be in several, and be read elsewhere: then all of them share one level, in this process
 * alone. It protects no answer: one that calls another service needs a pipeline of its own.
 * @throws {ConfigError} for options out of range, or at odds with each other.
 * @see Klein et al., Brownout: Building More Robust Cloud Applications (ICSE 2014) for serving less under load; Nygard, Release It! (2018)
 */
export function ladder<const L extends Levels>(
  options: LadderOptions<L> & { readonly levels: OnlyKnown<L> },
): Ladder<NameOf<L>, AnswersOf<L>> {
  return new ServiceLadder<NameOf<L>, AnswersOf<L>>(options);
}

class ServiceLadder<Name extends string, Added> implements Ladder<Name, Added> {
  readonly name: string;
  readonly clock: Clock;
  readonly #levels: Levels;
  readonly #names: readonly Name[];
  /** The first level that does not run the inside. */
  readonly #firstAnswering: number;
  readonly #log: LadderLog;
  readonly #level: ServiceLevel;
  /** Calls that try a better level than the ladder's, by their id. */
  readonly #trying = new Map<number, number>();
  #given: LadderOptions;

  constructor(options: LadderOptions) {
    const { name, levels, clock, random, settings } = readLadder(options);
    this.#given = { ...options, levels };
    this.name = name;
    this.clock = clock;
    this.#levels = levels;
    this.#names = levels.map((level) => level.name as Name);
    this.#firstAnswering = firstAnswering(levels);
    this.#log = new LadderLog(name, this.#names, clock);
    this.#level = new ServiceLevel(settings, levels.length, this.#firstAnswering, clock, random, this.#log);
  }

  get level(): Name {
    return this.#names[this.index]!;
  }

  get index(): number {
    this.#level.look();
    return this.#level.state.level;
  }

  draw(): Name {
    return this.#names[this.#draw()]!;
  }

  levelOf(call: CallContext): Name {
    const trying = this.#trying.get(call.id);
    return trying === undefined ? this.level : this.#names[trying]!;
  }

  async run<T>(operation: () => Promise<T>, call: WrapperCall): Promise<T | Added> {
    const served = this.#draw();
    if (served >= this.#firstAnswering) return this.#answer(served, call, undefined);
    const ticket = this.#begin(served, call);
    // Not in a function of its own, which would be one more async frame for every healthy call. The run inside leaves its outcome.
    let outcome: Outcome;
    try {
      await operation();
      outcome = call.innerOutcome!;
    } catch {
      outcome = call.innerOutcome!;
    }
    this.#end(ticket, call, outcome);
    if (this.#isRescued(call, outcome)) return this.#answer(this.#firstAnswering, call, outcome);
    if (outcome.threw) throw outcome.error;
    this.#log.served[served]!++;
    return outcome.value as T;
  }

  pin(level: Name): void {
    const index = this.#names.indexOf(level);
    check(index >= 0, this.name, 'level', level, `one of ${this.#names.map((name) => `'${name}'`).join(', ')}`);
    this.#level.pin(index);
  }

  unpin(): void {
    this.#level.unpin();
  }

  snapshot(): LadderSnapshot {
    const { level, index, name: policy } = this;
    const levels = this.#names.map((name, at) => ({ name, served: this.#log.served[at]! }));
    return { policy, kind: 'ladder', level, index, ...this.#level.snapshot(this.#names), levels };
  }

  traits(): PolicyTraits {
    if (this.#firstAnswering === this.#levels.length) return {};
    const made = this.#levels.some(({ answer }) => typeof answer === 'function' || answer instanceof Promise);
    return { answerMs: made ? Number.POSITIVE_INFINITY : 0 };
  }

  prepareUpdate(options: LadderUpdate): () => void {
    const { given, settings } = readChanges(this.#given, options);
    return () => {
      this.#given = given;
      this.#level.update(settings);
    };
  }

  #draw(): number {
    this.#level.look();
    return this.#level.state.draw();
  }

  #begin(served: number, call: WrapperCall): number {
    if (served !== this.#level.state.level) this.#trying.set(call.id, served);
    return this.#level.begin(served);
  }

  #end(ticket: number, call: WrapperCall, outcome: Outcome): void {
    if (this.#trying.size > 0) this.#trying.delete(call.id);
    this.#level.learn(ticket, isMistake(outcome) ? 'ignored' : outcome.kind);
  }

  /** Whether a lower level is asked in place of this ending. */
  #isRescued(call: WrapperCall, outcome: Outcome): boolean {
    const { kind } = outcome;
    if (kind === 'success' || kind === 'slow' || kind === 'ignored' || kind === 'cancelled') return false;
    return !isMistake(outcome) && !call.cancelled && this.#firstAnswering < this.#levels.length;
  }

  async #answer(first: number, call: WrapperCall, inside: Outcome | undefined): Promise<Added> {
    try {
      const value = await answerFrom(this.#levels, first, call, inside?.error, this.#log);
      call.innerOutcome = Outcome.returned(value);
      return value as Added;
    } catch (error) {
      if (!call.cancelled) call.innerOutcome = Outcome.thrown(error, inside?.kind);
      throw error;
    }
  }
}

/** One in the options of a policy inside, such as a `keyOf` that fails: it says nothing about a level, and an answer would hide it. */
const isMistake = ({ threw, error }: Outcome): boolean => threw && isHoldfastError(error, 'HOLDFAST_CONFIG');
