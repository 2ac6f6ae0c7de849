import type { Capabilities, Scenario } from './scenario.ts';
import { fakedTime, realTime } from './time.ts';
import type { Time } from './time.ts';

export interface Opened {
  readonly time: Time;
  readonly capabilities: Partial<Capabilities>;
}

export interface Library {
  readonly name: string;
  /** The package it comes in, if it is one that is installed here. */
  readonly npm?: string;
  /** Loads it into a world of its own; once a thread. */
  readonly open: (kind: 'virtual' | 'real') => Promise<Opened>;
}

interface Adapter {
  readonly capabilities: (time: Time) => Partial<Capabilities>;
}

/** A library that takes its time from the globals, so they are replaced before it is loaded. */
function onGlobals(load: () => Promise<Adapter>): Library['open'] {
  return async (kind) => {
    const time = kind === 'virtual' ? fakedTime() : realTime();
    const { capabilities } = await load();
    return { time, capabilities: capabilities(time) };
  };
}

/** The first is ours; `naive` is what one writes before knowing the trap, so that every scenario has somebody to catch. */
export const LIBRARIES: readonly Library[] = [
  { name: 'holdfast', open: async (kind) => (await import('./libraries/holdfast.ts')).open(kind) },
  { name: 'opossum', npm: 'opossum', open: onGlobals(() => import('./libraries/opossum.ts')) },
  { name: 'cockatiel', npm: 'cockatiel', open: onGlobals(() => import('./libraries/cockatiel.ts')) },
  { name: 'p-retry', npm: 'p-retry', open: onGlobals(() => import('./libraries/p-retry.ts')) },
  { name: 'bottleneck', npm: 'bottleneck', open: onGlobals(() => import('./libraries/bottleneck.ts')) },
  { name: 'mollitia', npm: 'mollitia', open: onGlobals(() => import('./libraries/mollitia.ts')) },
  { name: 'nestjs-resilience', npm: 'nestjs-resilience', open: onGlobals(() => import('./libraries/nestjs-resilience.ts')) },
  { name: 'naive', open: onGlobals(() => import('./libraries/naive/index.ts')) },
];

/** What a library without the policies a scenario is about is said to lack. */
export const NO_SUCH_POLICY = 'has no such policy';

export function offers(capabilities: Partial<Capabilities>, { needs }: Scenario): boolean {
  return needs.every((need) => capabilities[need] !== undefined);
}

export function libraryNamed(name: string): Library {
  const library = LIBRARIES.find((one) => one.name === name);
  if (library === undefined) throw new Error(`no library ${name}`);
  return library;
}
