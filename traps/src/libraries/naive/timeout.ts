import type { Runner, TimeoutOptions } from '../../scenario.ts';

/** One controller, two handlers on the operation, and a timer. */
export function timeout({ ms, fallback }: TimeoutOptions): Runner {
  let controller = new AbortController();
  const call: Runner['call'] = (operation, signal) => {
    if (controller.signal.aborted) controller = new AbortController();
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => (fallback === undefined ? reject(error) : resolve(fallback()));
      const expire = (): void => {
        controller.abort();
        fail(new Error(`timed out after ${ms} ms`));
      };
      const timer = setTimeout(expire, ms);
      signal?.addEventListener('abort', expire);
      const work = Promise.resolve(operation(controller.signal));
      void work.then((value) => {
        clearTimeout(timer);
        resolve(value);
        controller.abort(); // for what is still going on
      });
      void work.catch(fail);
    });
  };
  return { takesSignal: true, call };
}
