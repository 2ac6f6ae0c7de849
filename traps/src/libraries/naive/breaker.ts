import type { Breaker, BreakerOptions, Operation } from '../../scenario.ts';

/** For metrics: every breaker there is. */
const registry = new Map<string, object>();

/** Counts failures and calls, opens by the wall clock, lets everybody in after that and believes whatever comes back. */
class NaiveBreaker {
  readonly #options: Required<Pick<BreakerOptions, 'failureRatio' | 'minimumCalls' | 'openMs'>> & BreakerOptions;
  #calls = 0;
  #failures = 0;
  #running = 0;
  #openedAt = 0;
  state: 'closed' | 'open' | 'half-open' = 'closed';

  constructor(options: BreakerOptions) {
    this.#options = Object.assign(options, { failureRatio: 0.5, minimumCalls: 2, openMs: 1_000, ...options });
    registry.set(`breaker-${registry.size}`, this);
  }

  async run(operation: Operation): Promise<unknown> {
    this.#calls++;
    this.#admit();
    try {
      const value = await this.#inside(operation);
      this.#succeed();
      return value;
    } catch (error) {
      if (this.#options.ignore?.(error)) this.#succeed();
      else this.#fail();
      throw error;
    }
  }

  async #inside(operation: Operation): Promise<unknown> {
    if (this.#running >= (this.#options.concurrency ?? Number.POSITIVE_INFINITY)) throw new Error('bulkhead full');
    this.#running++;
    try {
      return await operation();
    } finally {
      this.#running--;
    }
  }

  #admit(): void {
    if (this.state !== 'open') return;
    const openForMs = Date.now() - this.#openedAt;
    if (openForMs < this.#options.openMs) throw new Error('open');
    if (openForMs > this.#options.openMs) this.state = 'half-open';
    this.#admit();
  }

  #succeed(): void {
    if (this.state !== 'closed') this.#failures = 0;
    this.state = 'closed';
  }

  #fail(): void {
    this.#options.listener?.();
    this.#failures++;
    const { minimumCalls, failureRatio } = this.#options;
    if (this.state === 'closed' && (this.#calls < minimumCalls || this.#failures / this.#calls < failureRatio)) return;
    this.state = 'open';
    this.#openedAt = Date.now();
  }
}

export function breaker(options: BreakerOptions = {}): Breaker {
  const { given, ...native } = options;
  given?.(native);
  const naive = new NaiveBreaker(native);
  return {
    takesSignal: false,
    call: (operation) => naive.run(operation),
    state: () => naive.state,
    parts: () => [naive],
  };
}
