import { openDetachedCall } from '@holdfast/core';
import type { CallContext, DetachedCall, Outcome, WrapperCall } from '@holdfast/core';

/**
 * One run that several calls share. It is nobody's own: who leaves takes nothing from the others, and only when the last one leaves is
 * the run cancelled, the way that one was.
 */
export class Flight {
  readonly run: DetachedCall;
  readonly #ending: Promise<unknown>;
  #sharing = 0;
  #claimed = false;

  /** Begins the run. In the leader's async context, so it must be called there. */
  constructor(leader: WrapperCall, operation: (call?: CallContext) => Promise<unknown>) {
    this.run = openDetachedCall(leader);
    this.#ending = this.run.begin(operation);
  }

  /** Calls that have neither left nor taken the answer. */
  get sharing(): number {
    return this.#sharing;
  }

  /**
   * How the run ended. Rejects with a call's own reason as soon as that one is cancelled; that of the last, whose leaving cancels
   * the run, only when what it leaves behind has really ended, so that permits further out are held for it.
   */
  async share(call: WrapperCall): Promise<Outcome> {
    let end = (): void => {};
    this.#sharing++;
    try {
      // `then` gets the promise's own functions, and is alone if the call is: that keeps V8's async stack traces whole.
      await new Promise((resolve, reject) => {
        this.#ending.then(resolve, reject);
        end = this.run.join(call, reject);
      });
    } catch (error) {
      if (call.cancelled) this.#sharing--;
      if (this.run.cancelled) await this.run.whenSettled();
      if (call.cancelled) throw error;
    } finally {
      end();
    }
    return this.run.innerOutcome!;
  }

  /** Takes the answer. Whether others are still to take it. */
  take(): boolean {
    return --this.#sharing > 0;
  }

  /** Whether a failure is this call's own: it is that of the first who asks, which is who has waited longest of those still there. */
  claim(): boolean {
    const first = !this.#claimed;
    this.#claimed = true;
    return first;
  }
}
