import { BulkheadFullError } from '@holdfast/bulkhead';
import { CircuitOpenError } from '@holdfast/circuit-breaker';
import { reportFault, withoutStack } from '@holdfast/core';
import type { Clock, GuardCall, Outcome, PolicyTraits } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { TimeoutError } from '@holdfast/deadline';
import type { OpossumBreaker, OpossumBreakerSnapshot } from './opossum-breaker.ts';
import type { Firing, OpossumDriver } from './opossum-driver.ts';
import { readOpossumOptions } from './opossum-options.ts';
import type { OpossumBreakerOptions, OpossumSettings } from './opossum-options.ts';
import type { OpossumInside } from './opossum-types.ts';
import { CircuitWatch } from './opossum-watch.ts';
import { withCause } from './with-cause.ts';

/** What a call has from its door to its end. */
interface Ticket {
  readonly firing: Firing;
  readonly generation: number;
  /** The time-out that ended it. */
  timedOut: TimeoutError | undefined;
}

/** The guard behind `opossumBreaker`: tells the breaker what calls tell, and says in holdfast's words what it says. */
export class OpossumGuard implements OpossumBreaker {
  readonly name: string;
  readonly clock: Clock;
  readonly #breaker: OpossumInside;
  readonly #driver: OpossumDriver;
  readonly #watch: CircuitWatch;
  #settings: OpossumSettings;

  constructor(settings: OpossumSettings, breaker: OpossumInside, driver: OpossumDriver) {
    const { name, clock } = settings;
    this.name = name;
    this.clock = clock;
    this.#settings = settings;
    this.#breaker = breaker;
    this.#driver = driver;
    this.#watch = new CircuitWatch(name, clock, breaker);
  }

  enter(call: GuardCall): Ticket {
    // Opossum would reject; it tells no listener.
    if (this.#breaker.isShutdown) throw withoutStack(() => new CircuitOpenError(this.name, 'isolated', undefined));
    const { generation } = this.#watch;
    const firing = this.#watch.during(call, () => this.#driver.fire());
    this.#report(call, firing);
    if (!firing.admitted) throw this.#refusal(firing);
    const ticket: Ticket = { firing, generation, timedOut: undefined };
    if (this.#timeoutMs !== undefined) this.#limit(call, ticket, this.#timeoutMs);
    return ticket;
  }

  exit(call: GuardCall, outcome: Outcome, entered: unknown): void {
    const ticket = entered as Ticket;
    this.#watch.during(call, () => this.#learn(ticket, outcome));
    this.#report(call, ticket.firing);
  }

  snapshot(): OpossumBreakerSnapshot {
    const { state, openings } = this.#watch;
    const { enabled, isShutdown } = this.#breaker;
    const counts = this.#watch.counts();
    return { policy: this.name, kind: 'opossumBreaker', state: isShutdown ? 'isolated' : state, enabled, ...counts, openings };
  }

  traits(): PolicyTraits {
    const limitMs = this.#timeoutMs ?? Number.POSITIVE_INFINITY;
    return { limitMs, judges: true, holds: this.#breaker.options.capacity < Number.MAX_SAFE_INTEGER };
  }

  prepareUpdate(options: object): () => void {
    const settings = readOpossumOptions(this.name, withChanges<OpossumBreakerOptions>(this.name, this.#settings, options));
    checkFixed(this.name, this.#settings, settings, ['name', 'ignoreFallback', 'clock']);
    return () => {
      this.#settings = settings;
    };
  }

  /** A disabled breaker protects from nothing, and so bounds nothing. */
  get #timeoutMs(): number | undefined {
    const { enabled, options } = this.#breaker;
    return (enabled && this.#settings.timeout && options.timeout) || undefined;
  }

  #learn({ firing, generation, timedOut }: Ticket, { kind, threw, value, error }: Outcome): void {
    const { opened, isShutdown } = this.#breaker;
    const isPresent = generation === this.#watch.generation;
    const answered = kind === 'success' || kind === 'slow';
    // Opened meanwhile, it may be counted: nothing it says can move an open circuit.
    if (isShutdown || !(answered || kind === 'failure') || !(isPresent || opened)) {
      this.#driver.forget(firing, firing.isTrial && isPresent && !isShutdown);
    } else if (answered) this.#driver.succeed(firing, value);
    else if (timedOut !== undefined && error === timedOut) this.#driver.timeOut(firing, error, timedOut.timeoutMs);
    else this.#driver.fail(firing, threw ? error : withoutStack(() => new Error('classified as a failure', { cause: value })));
  }

  #limit(call: GuardCall, ticket: Ticket, timeoutMs: number): void {
    call.limit(timeoutMs, () => (ticket.timedOut = withoutStack(() => new TimeoutError(this.name, timeoutMs))));
  }

  #refusal({ refusal }: Firing): Error {
    if (refusal?.code === 'ESEMLOCKED') {
      const { capacity } = this.#breaker.options;
      return withCause(
        withoutStack(() => new BulkheadFullError(this.name, capacity, 0, false)),
        refusal,
      );
    }
    const { state } = this.#watch;
    const reason = state === 'half-open' ? state : 'open';
    return withCause(
      withoutStack(() => new CircuitOpenError(this.name, reason, this.#watch.openForMs())),
      refusal,
    );
  }

  /** What the owner's listeners and `errorFilter` throw changes no call, and must be seen. */
  #report(call: GuardCall, firing: Firing): void {
    const { fault } = firing;
    if (fault === undefined) return;
    firing.fault = undefined;
    reportFault(this.clock, call, this.name, fault.error);
  }
}
