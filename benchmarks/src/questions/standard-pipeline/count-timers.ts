/**
 * Counts the timers of the system that calls set, by subject. In a process of its own, because libraries may take hold of `setTimeout`
 * when they are loaded: it is replaced before. Prints JSON: `{ [subject]: timers }`.
 */
export const CALLS = 1_000;
/** The calls come in so many turns of the event loop, as they do in a service: a timer for each turn would show. */
const TURNS = 50;

let timers = 0;
for (const name of ['setTimeout', 'setInterval'] as const) {
  const real: (...args: never[]) => unknown = globalThis[name];
  const counting = (...args: never[]): unknown => {
    timers++;
    return real(...args);
  };
  globalThis[name] = Object.assign(counting, real) as never;
}

const { subjects } = await import('./subjects.ts');
const counts: Record<string, number> = {};
for (const { name, call } of subjects) {
  timers = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    for (let i = 0; i < CALLS / TURNS; i++) await call();
    await new Promise((resolve) => void setImmediate(resolve));
  }
  counts[name] = timers;
}
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
