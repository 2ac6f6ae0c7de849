import { pipeline, subscribe } from '@holdfast/core';
import type { Guard, HoldfastEvent, Outcome, Pipeline, PipelineOptions, Policy } from '@holdfast/core';
import { VirtualClock, scripted } from '@holdfast/core/testing';
import type { Scripted, ScriptedOptions, Step } from '@holdfast/core/testing';
import { onTestFinished } from 'vitest';
import { hedge } from '../src/hedge.ts';
import type { HedgePolicy } from '../src/hedge.ts';
import type { HedgeOptions } from '../src/hedge-options.ts';

export interface HedgeSetup {
  readonly clock: VirtualClock;
  readonly policy: HedgePolicy;
  readonly protect: Pipeline;
  readonly dependency: Scripted<unknown>;
  /** When each attempt began. */
  readonly startedAt: () => number[];
}

interface Around {
  readonly outside?: readonly Policy<unknown>[];
  readonly inside?: readonly Policy<unknown>[];
  readonly classify?: PipelineOptions['classify'];
  readonly clock?: VirtualClock;
  readonly ignoresSignal?: ScriptedOptions['ignoresSignal'];
}

/** A dependency that plays `steps`, behind a hedge of idempotent calls after 100 ms unless told otherwise. */
export function setUpHedge(steps: readonly Step<unknown>[], options: HedgeOptions = {}, around: Around = {}): HedgeSetup {
  const { clock = new VirtualClock(), outside = [], inside = [], classify, ignoresSignal = false } = around;
  const policy = hedge({ idempotent: true, delayMs: 100, budget: false, clock, ...options });
  const protect = pipeline({ name: 'prices', clock, classify }, ...outside, policy, ...inside) as Pipeline;
  const dependency = scripted(steps, { clock, ignoresSignal });
  return { clock, policy, protect, dependency, startedAt: () => dependency.calls.map(({ at }) => at) };
}

/** All events of the kinds `hedge.…` from here to the end of the test. */
export function hedgeEvents(): HoldfastEvent[] {
  const events: HoldfastEvent[] = [];
  onTestFinished(subscribe((event) => event.type.startsWith('hedge.') && events.push(event)));
  return events;
}

/** A guard that lets `permits` calls in at once, and refuses the others. */
export function permits(count: number): Guard & { free: number } {
  return {
    name: 'permits',
    free: count,
    enter() {
      if (this.free === 0) throw new Error('full');
      this.free--;
    },
    exit() {
      this.free++;
    },
  };
}

/** A guard that writes down how attempts ended. */
export function witness(): Guard & { readonly seen: Outcome[]; readonly kinds: string[] } {
  const seen: Outcome[] = [];
  return {
    name: 'witness',
    seen,
    get kinds() {
      return seen.map(({ kind }) => kind);
    },
    exit: (_call, outcome) => void seen.push(outcome),
  };
}
