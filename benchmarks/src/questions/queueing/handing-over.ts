import { setImmediate as nextTurn } from 'node:timers/promises';

/** Calls the operation when its turn comes. */
export type Submit = (operation: () => Promise<void>) => Promise<unknown>;

const never = new Promise<never>(() => {});

/**
 * Nanoseconds a hand-over takes while so many wait: the end of one call, the begin of the next, and the arrival of a new one at the end of
 * the queue, by which its length stays as it is.
 * @param drains whether those who still wait are served afterwards. Where that would take minutes the last call never ends, and the queue
 * is left to the garbage collector.
 */
export async function costOfHandOver(submit: Submit, waiters: number, handOvers: number, drains: boolean): Promise<number> {
  const opened = Promise.withResolvers<void>();
  const done = Promise.withResolvers<bigint>();
  const empty = Promise.withResolvers<void>();
  let handedOver = 0;
  let left = waiters + handOvers - 1;
  const operation = async (): Promise<void> => {
    handedOver++;
    if (handedOver < handOvers) void submit(operation);
    else if (handedOver === handOvers) done.resolve(process.hrtime.bigint());
    if (--left === 0) empty.resolve();
    else if (handedOver >= handOvers && !drains) await never;
  };

  void submit(() => opened.promise); // holds the only permit
  for (let waiter = 0; waiter < waiters; waiter++) void submit(operation);
  await nextTurn(); // some queues take a turn or two to put their calls in order
  await nextTurn();
  globalThis.gc?.(); // the queue is there, and its making is not to be paid for by handing over
  const start = process.hrtime.bigint();
  opened.resolve();
  const end = await done.promise;
  if (drains) await empty.promise;
  await nextTurn();
  return Number(end - start) / handOvers;
}
