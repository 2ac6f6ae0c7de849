import type { RanKind, Window } from './tally.ts';

/** Two bits a call, and never more than the 31 bits of a small integer. */
const CALLS_PER_WORD = 15;
const KINDS: readonly RanKind[] = ['success', 'slow', 'failure'];

/** The last `size` calls, however long ago: a ring of two bits each, so a window of 100 calls fits in 7 numbers. */
export class CountWindow implements Window {
  calls: number = 0;
  failures: number = 0;
  slow: number = 0;
  readonly #size: number;
  readonly #words: number[];
  /** Where the next call goes; once the window is full the oldest lies there. */
  #next: number = 0;

  constructor(size: number) {
    this.#size = size;
    this.#words = new Array<number>(Math.ceil(size / CALLS_PER_WORD)).fill(0);
  }

  add(kind: RanKind): void {
    if (this.calls === this.#size) this.#count(this.#read(this.#next), -1);
    this.#write(this.#next, kind);
    this.#count(kind, 1);
    this.#next = (this.#next + 1) % this.#size;
  }

  /** Calls never grow too old for a window of calls. */
  expire(): void {}

  /** The calls it holds, oldest first. */
  outcomes(): RanKind[] {
    const oldest = this.#next - this.calls + this.#size;
    return Array.from({ length: this.calls }, (_, index) => this.#read((oldest + index) % this.#size));
  }

  /** A window of another size: a smaller one holds the latest of these calls, a larger one all of them. */
  resized(size: number): CountWindow {
    const resized = new CountWindow(size);
    for (const kind of this.outcomes()) resized.add(kind);
    return resized;
  }

  #read(index: number): RanKind {
    const word = this.#words[Math.floor(index / CALLS_PER_WORD)]!;
    return KINDS[(word >> (2 * (index % CALLS_PER_WORD))) & 0b11]!;
  }

  #write(index: number, kind: RanKind): void {
    const at = Math.floor(index / CALLS_PER_WORD);
    const shift = 2 * (index % CALLS_PER_WORD);
    this.#words[at] = (this.#words[at]! & ~(0b11 << shift)) | (KINDS.indexOf(kind) << shift);
  }

  #count(kind: RanKind, by: number): void {
    this.calls += by;
    if (kind === 'failure') this.failures += by;
    else if (kind === 'slow') this.slow += by;
  }
}
