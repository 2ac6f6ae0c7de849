import type { OpossumBucket, OpossumInside, OpossumKeys } from './opossum-types.ts';

/** What a call that is not to be counted ends with; only opossum's own code meets it. */
const UNCOUNTED: Error = new Error('tells nothing about the dependency');

/** One call on its way through a breaker: what its `fire()` has let in and waits for. */
export class Firing {
  /** Whether opossum called the action; otherwise `refusal` says why not. */
  admitted: boolean = false;
  refusal: (Error & { readonly code?: unknown }) | undefined = undefined;
  /** What of the owner's threw meanwhile: listeners, `errorFilter`. */
  fault: { readonly error: unknown } | undefined = undefined;
  succeed: ((value: unknown) => void) | undefined = undefined;
  fail: ((error: unknown) => void) | undefined = undefined;
  /** Whether it is the one trial call of a half-open circuit. */
  readonly isTrial: boolean;
  /** The slice of the window it was counted in. */
  bucket: OpossumBucket | undefined = undefined;

  constructor(isTrial: boolean) {
    this.isTrial = isTrial;
  }

  /** Opossum takes this for the promise of its action. It is none, so that it learns of the end at once, and not some turns later. */
  get action(): object {
    const waits = {
      // oxlint-disable-next-line unicorn/no-thenable -- a promise is what opossum wants, or what has its methods
      then: (succeed: Firing['succeed']) => {
        this.succeed ??= succeed;
        return waits;
      },
      catch: (fail: Firing['fail']) => {
        this.fail ??= fail;
        return waits;
      },
    };
    return waits;
  }
}

/**
 * Makes calls of ours through `fire()` of somebody's breaker: its own code counts, opens, tries and closes as its owner has configured
 * it, for these calls and for those that are fired directly, together.
 *
 * It runs on a view of the breaker, which differs from it for the calls made here and in these things only: the action is a call of
 * ours; no timer runs, no fallback and no cache answers; what tells nothing is told to nobody; and what its listeners
 * throw is kept from its bookkeeping. The breaker itself stays as it is.
 */
export class OpossumDriver {
  readonly #breaker: OpossumInside;
  readonly #keys: OpossumKeys;
  readonly #view: OpossumInside;
  /** The one opossum's code is running for; listeners may fire further ones meanwhile. */
  #current: Firing | undefined;

  constructor(breaker: OpossumInside, keys: OpossumKeys) {
    this.#breaker = breaker;
    this.#keys = keys;
    this.#view = this.#viewOf(breaker);
  }

  fire(): Firing {
    const breaker = this.#breaker;
    const firing = new Firing(breaker.halfOpen && breaker.pendingClose);
    this.#within(firing, () => {
      // Its promise is nobody's: what it ends with is known here before.
      this.#view.call(undefined).then(undefined, () => {});
    });
    firing.bucket = breaker.status.window[0];
    return firing;
  }

  succeed(firing: Firing, value: unknown): void {
    this.#within(firing, () => firing.succeed?.(value));
  }

  fail(firing: Firing, error: unknown): void {
    this.#within(firing, () => firing.fail?.(error));
  }

  /** As `fail`, after saying that it took longer than the breaker's owner allows. */
  timeOut(firing: Firing, error: unknown, afterMs: number): void {
    this.#within(firing, () => {
      this.#emit('timeout', [error, afterMs, []]);
      firing.fail?.(error);
    });
  }

  /** Ends it as if it had not been: its permit and its place in the counts are given back, and with `andTrial` the trial call. */
  forget(firing: Firing, andTrial: boolean): void {
    if (firing.fail === undefined) return; // the breaker was disabled, and waits for nothing
    this.#within(firing, () => firing.fail!(UNCOUNTED));
    if (firing.bucket !== undefined) firing.bucket.fires--;
    if (andTrial) this.#breaker[this.#keys.pendingClose] = true;
  }

  #within(firing: Firing, run: () => void): void {
    const outer = this.#current;
    this.#current = firing;
    try {
      run();
    } finally {
      this.#current = outer;
    }
  }

  #viewOf(breaker: OpossumInside): OpossumInside {
    const { fallback } = this.#keys;
    const action = (): object => {
      const firing = this.#current!;
      firing.admitted = true;
      return firing.action;
    };
    const options: unknown = Object.create(breaker.options, {
      timeout: { value: false },
      cache: { value: false },
      coalesce: { value: false },
      errorFilter: { value: (error: unknown) => error === UNCOUNTED || this.#isFiltered(error) },
    });
    const emit = (event: string, ...args: readonly unknown[]): boolean => this.#emit(event, args);
    return new Proxy(breaker, {
      get(target, key) {
        if (key === 'action') return action;
        if (key === 'options') return options;
        if (key === 'emit') return emit;
        return key === fallback ? null : target[key as symbol];
      },
      set(target, key, value) {
        target[key as symbol] = value;
        return true;
      },
    });
  }

  /** By the breaker itself, which its listeners see as `this`. */
  #emit(event: string, args: readonly unknown[]): boolean {
    const firing = this.#current!;
    if (args[0] === UNCOUNTED) return false;
    if (event === 'reject' || event === 'semaphoreLocked') firing.refusal = args[0] as Error;
    return this.#guarded(true, () => this.#breaker.emit(event, ...args));
  }

  #isFiltered(error: unknown): boolean {
    return this.#guarded(false, () => Boolean(this.#breaker.options.errorFilter(error)));
  }

  /** Keeps what the owner's code throws away from opossum's, which would count the call twice, or lose its permit. */
  #guarded(otherwise: boolean, ask: () => boolean): boolean {
    try {
      return ask();
    } catch (error) {
      this.#current!.fault ??= { error };
      return otherwise;
    }
  }
}
