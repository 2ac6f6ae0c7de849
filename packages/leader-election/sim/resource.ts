import type { TermEntry } from './book.ts';
import { Violation } from './violation.ts';

/** What the leader writes to: takes a write if its token is not lower than the highest it has seen. */
export class Resource {
  #highest = -1n;
  #last: TermEntry | undefined = undefined;

  /** @returns whether the write was accepted. */
  write(term: TermEntry, token: bigint): boolean {
    if (token < this.#highest) return false;
    this.#highest = token;
    if (this.#last !== undefined && term.place < this.#last.place) {
      const message = `a write of ${term.termId} (token ${token}) was accepted after one of ${this.#last.termId}, which was won later`;
      throw new Violation('S1', message);
    }
    this.#last = term;
    return true;
  }
}
