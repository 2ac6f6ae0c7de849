import { setImmediate as nextTurn } from 'node:timers/promises';

export type SubmitCancellable = (operation: () => Promise<void>, signal: AbortSignal) => Promise<unknown>;

export const PLACES = ['front', 'middle', 'random'] as const;
export type Place = (typeof PLACES)[number];

/** Cancelled together, for the clock is no finer; few, so that the shortest queue stays about as long as it is. */
const AT_ONCE = 2;

interface Waiter {
  readonly controller: AbortController;
  readonly settled: Promise<void>;
}

const REASON = new Error('the caller has left');
const neverCalled = (): Promise<void> => Promise.reject(new Error('a cancelled call was begun'));
const ignore = (): void => {};

/** Nanoseconds from the `abort()` of one among so many waiters to the rejection of its promise. */
export async function costOfCancelling(
  submit: SubmitCancellable,
  waiters: number,
  place: Place,
  leavings: number,
): Promise<number> {
  const opened = Promise.withResolvers<void>();
  const join = (): Waiter => {
    const controller = new AbortController();
    return { controller, settled: submit(neverCalled, controller.signal).then(ignore, ignore) };
  };

  const holder = submit(() => opened.promise, new AbortController().signal); // holds the only permit
  const queue = Array.from({ length: waiters }, join);
  await nextTurn();
  globalThis.gc?.();
  let nanoseconds = 0n;
  for (let left = 0; left < leavings; left += AT_ONCE) {
    const leaving = queue.splice(indexOf(place, queue.length), AT_ONCE);
    const start = process.hrtime.bigint();
    for (const { controller } of leaving) controller.abort(REASON);
    for (const { settled } of leaving) await settled;
    nanoseconds += process.hrtime.bigint() - start;
    while (queue.length < waiters) queue.push(join());
    if (left % 100 === 0) await nextTurn();
  }
  for (const { controller } of queue) controller.abort(REASON);
  opened.resolve();
  await Promise.all([holder, ...queue.map(({ settled }) => settled)]);
  await nextTurn();
  return Number(nanoseconds) / leavings;
}

/** Where in a queue so long the next ones leave. */
export function indexOf(place: Place, length: number, random: () => number = Math.random): number {
  const last = Math.max(0, length - AT_ONCE);
  if (place === 'front') return 0;
  return place === 'middle' ? last >> 1 : Math.floor(random() * (last + 1));
}
