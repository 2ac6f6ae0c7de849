/**
 * Settles as the promise does, or rejects as soon as the signal aborts. The promise is then left to itself: what it stands for cannot
 * be called off, and what becomes of it is heard by nobody.
 * @param reason what it rejects with. @default the signal's reason
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  reason: () => unknown = () => signal.reason,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(reason());
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
