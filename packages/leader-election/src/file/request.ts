import { unlessAborted } from '../unless-aborted.ts';
import { calledOff, storeError } from './faults.ts';

/** A request that is being carried out. */
export class Request {
  readonly signal: AbortSignal;
  /** Set when the write may have taken place, whatever happens next. */
  mayBeWritten = false;
  readonly #doing: string;

  constructor(doing: string, signal: AbortSignal) {
    this.#doing = doing;
    this.signal = signal;
  }

  /** For between two steps. @throws {LeaseStoreError} if nobody waits any more. */
  goOn(): void {
    if (this.signal.aborted) throw calledOff(this.#doing, this.signal.reason, this.mayBeWritten);
  }

  /**
   * Carries it out. When the signal aborts it rejects at once; a step the file system is at cannot be called off, and what comes of
   * it is heard by nobody.
   * @throws {LeaseStoreError}
   */
  async carryOut<T>(work: (request: this) => Promise<T>): Promise<T> {
    this.goOn();
    const givenUp = (): Error => calledOff(this.#doing, this.signal.reason, this.mayBeWritten);
    try {
      return await unlessAborted(work(this), this.signal, givenUp);
    } catch (error) {
      throw storeError(this.#doing, error, this.mayBeWritten);
    }
  }
}
