/** The first word of a service to the demo that started it. */
export type Hello = { readonly type: 'ready'; readonly url: string } | { readonly type: 'failed'; readonly message: string };
export interface Report {
  readonly type: 'gauge';
  /** When it was taken, in milliseconds since the epoch and as exact as `performance.now()`: the same in every process. */
  readonly epochMs: number;
  readonly gauge: unknown;
}

const reportEveryMs = 250;

/** Tells the parent where the service listens, and from then on a few times a second how it is. */
export function reportToParent(url: string, gauge?: () => unknown): void {
  const hello: Hello = { type: 'ready', url };
  process.send?.(hello);
  if (!gauge) return;
  setInterval(() => {
    const report: Report = { type: 'gauge', epochMs: performance.timeOrigin + performance.now(), gauge: gauge() };
    process.send?.(report);
  }, reportEveryMs);
}

/**
 * Ends with the parent, however that ended, and leaves Ctrl-C to it:
 * a terminal sends the interrupt to every process of the group at once.
 */
export function liveAndDieWithParent(): void {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit());
}
