export { VirtualClock } from './testing/virtual-clock.ts';
export type { PendingTimer, RunAllOptions, VirtualClockOptions } from './testing/virtual-clock.ts';
export { seededRandom } from './testing/seeded-random.ts';
export { scripted } from './testing/scripted.ts';
export type { Scripted, ScriptedOptions, SeenCall, Step } from './testing/scripted.ts';
