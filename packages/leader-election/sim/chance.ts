import type { Random } from '@holdfast/core';
import { seededRandom } from '@holdfast/core/testing';

/** Everything random in a simulation, drawn from streams of their own: one more draw in one place changes nothing in another. */
export class Chance {
  readonly next: Random;

  constructor(seed: number, stream: string) {
    this.next = seededRandom(`${seed}/${stream}`);
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  hits(ratio: number): boolean {
    return ratio > 0 && this.next() < ratio;
  }

  oneOf<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }
}
