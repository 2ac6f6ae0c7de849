import { sharedNowMs } from './shared-clock.ts';

/** A piece of a stream, or its end, and when it may arrive. */
interface Piece {
  readonly chunk: Buffer | undefined;
  readonly dueMs: number;
}

/** One way of a connection: what is sent arrives in order, later, or not before it is let through. */
export class Direction {
  readonly #arrive: (chunk: Buffer | undefined) => void;
  readonly #pieces: Piece[] = [];
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  delayMs = 0;

  /** @param arrive is given what arrives, and `undefined` for the end. */
  constructor(arrive: (chunk: Buffer | undefined) => void) {
    this.#arrive = arrive;
  }

  set held(held: boolean) {
    this.#held = held;
    this.#pump();
  }

  push(chunk: Buffer | undefined): void {
    this.#pieces.push({ chunk, dueMs: sharedNowMs() + this.delayMs });
    this.#pump();
  }

  /** Drops what has not arrived. */
  close(): void {
    clearTimeout(this.#timer);
    this.#held = true;
    this.#pieces.length = 0;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#held) {
      const next = this.#pieces[0];
      if (next === undefined) return;
      const waitMs = next.dueMs - sharedNowMs();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      this.#pieces.shift();
      this.#arrive(next.chunk);
    }
  }
}
