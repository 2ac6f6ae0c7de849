import type { HedgeOptions, Runner } from '../../scenario.ts';

/** The promise, kept for 10 s. */
export function singleFlight(): Runner {
  let kept: Promise<unknown> | undefined;
  const call: Runner['call'] = (operation, signal) => {
    if (kept === undefined) {
      kept = Promise.resolve(operation(signal));
      setTimeout(() => (kept = undefined), 10_000);
    }
    return kept;
  };
  return { takesSignal: true, call };
}

/** The answer, asked for anew once it is old. */
export function staleCache({ freshMs }: { freshMs: number }): Runner {
  let kept: { value: unknown; at: number } | undefined;
  const call: Runner['call'] = async (operation) => {
    if (kept !== undefined && Date.now() - kept.at < freshMs) return kept.value;
    const value = await operation();
    kept = { value, at: Date.now() };
    return value;
  };
  return { takesSignal: false, call };
}

/** A second call after a while; what is first wins, be it an error. */
export function hedge({ delayMs, budget = Number.POSITIVE_INFINITY }: HedgeOptions): Runner {
  let left = budget;
  const call: Runner['call'] = (operation, signal) => {
    const second = new Promise<unknown>((resolve, reject) => {
      setTimeout(() => {
        if (left-- <= 0) reject(new Error('no budget for a hedge'));
        else resolve(operation(signal));
      }, delayMs);
    });
    return Promise.race([operation(signal), second]);
  };
  return { takesSignal: true, call };
}
