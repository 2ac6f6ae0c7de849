import type { Cause } from './level-verdict.ts';
import type { Signal } from './ladder-signals.ts';

/** A signal with all its limits. */
export interface SignalRule {
  readonly name: string;
  readonly source: Signal;
  readonly downAt: number;
  readonly upBelow: number;
  readonly forMs: number;
  /** Index of the best level while it is bad. */
  readonly to: number;
}

/** A signal at one moment, as plain JSON. */
export interface SignalSnapshot {
  readonly name: string;
  readonly reading: number;
  readonly bad: boolean;
  /** The best level while it is bad. */
  readonly to: string;
}

/** One signal and what it said: bad from `downAt` on, if it stays there for `forMs`, until it is below `upBelow`. */
class Gauge {
  rule: SignalRule;
  bad: boolean = false;
  reading: number = 0;
  failing: boolean = false;
  /** Since when it is at `downAt` or above. */
  #since: number | undefined = undefined;

  constructor(rule: SignalRule) {
    this.rule = rule;
  }

  /** Whether it keeps the ladder from climbing: while it is bad, and while it may be about to be. */
  get holds(): boolean {
    return this.bad || this.#since !== undefined;
  }

  read(nowMs: number, failed: (name: string, error: unknown) => void): void {
    const { name, source, downAt, upBelow, forMs } = this.rule;
    try {
      this.reading = checked(source.read(nowMs));
      this.failing = false;
    } catch (error) {
      if (!this.failing) failed(name, error);
      this.failing = true;
    }
    if (this.reading >= downAt) {
      this.#since ??= nowMs;
      this.bad ||= nowMs - this.#since >= forMs;
    } else {
      this.#since = undefined;
      this.bad &&= this.reading >= upBelow;
    }
  }
}

/** All signals of a ladder, and what they demand together. */
export class SignalPanel {
  /** The best level that may be served, and that may be climbed to. */
  needed: number = 0;
  held: number = 0;
  #gauges: readonly Gauge[];
  readonly #failed: (name: string, error: unknown) => void;

  /** @param failed told of a signal's error, once until it reads again. */
  constructor(rules: readonly SignalRule[], failed: (name: string, error: unknown) => void) {
    this.#gauges = rules.map((rule) => new Gauge(rule));
    this.#failed = failed;
  }

  read(nowMs: number): void {
    let needed = 0;
    let held = 0;
    for (const gauge of this.#gauges) {
      gauge.read(nowMs, this.#failed);
      const { to } = gauge.rule;
      if (gauge.bad && to > needed) needed = to;
      if (gauge.holds && to > held) held = to;
    }
    this.needed = needed;
    this.held = held;
  }

  /** The bad signal that demands the lowest level. */
  worst(): Cause | undefined {
    const bad = this.#gauges.filter((gauge) => gauge.bad);
    const [worst] = bad.sort((a, b) => b.rule.to - a.rule.to);
    return worst && { reason: worst.rule.name, severity: worst.reading };
  }

  /** Takes other rules. A signal that was there under this name, for this level, keeps what it has said. */
  replace(rules: readonly SignalRule[]): void {
    const before = [...this.#gauges];
    this.#gauges = rules.map((rule) => {
      const index = before.findIndex(({ rule: { name, to } }) => name === rule.name && to === rule.to);
      const [gauge] = index < 0 ? [] : before.splice(index, 1);
      if (gauge === undefined) return new Gauge(rule);
      gauge.rule = rule;
      return gauge;
    });
  }

  snapshot(names: readonly string[]): SignalSnapshot[] {
    return this.#gauges.map(({ rule: { name, to }, reading, bad }) => ({ name, reading, bad, to: names[to]! }));
  }
}

function checked(reading: number | boolean): number {
  const value = Number(reading);
  if ((typeof reading === 'number' || typeof reading === 'boolean') && !Number.isNaN(value)) return value;
  throw new TypeError(`a signal must read a number or a boolean, got ${String(reading)}`);
}
