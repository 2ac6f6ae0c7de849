/**
 * Counts the system's timers, those that do not keep the process included, which Node's own count leaves out. To be imported before
 * whatever takes hold of `setTimeout` when it is loaded.
 */
const set = new Set<unknown>();

for (const name of ['setTimeout', 'setInterval'] as const) {
  const real: (...args: Parameters<typeof setTimeout>) => NodeJS.Timeout = globalThis[name];
  const counting: typeof real = (...args) => {
    const timer = real(...args);
    set.add(timer);
    return timer;
  };
  globalThis[name] = Object.assign(counting, real) as never;
}
for (const name of ['clearTimeout', 'clearInterval'] as const) {
  const real = globalThis[name];
  globalThis[name] = (timer) => {
    set.delete(timer);
    real(timer);
  };
}

/** Set by now and not taken back; one that has fired counts still. */
export const timersSet = (): number => set.size;
