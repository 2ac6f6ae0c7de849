import { hub, publish, reportFault } from '@holdfast/core';
import type { CallContext, Clock, Outcome, WrapperCall } from '@holdfast/core';
import { yes } from '@holdfast/core/options';
import { tokensOf, wishOf } from './answers.ts';
import type { HedgeDenial } from './events.ts';
import { HedgeDelay } from './hedge-delay.ts';
import type { HedgeSettings } from './hedge-options.ts';
import type { RetryBudget } from './retry-budget.ts';

/**
 * What the calls through one hedge share: its settings, the delay, the counts. And the one place where it calls code that was handed
 * to it: what throws there, or answers with a promise, is reported and taken for the careful answer, which is no further attempt.
 */
export class HedgePolicyBooks {
  readonly name: string;
  readonly clock: Clock;
  settings: HedgeSettings;
  readonly delay: HedgeDelay;
  hedges: number = 0;
  won: number = 0;
  readonly denied: Record<HedgeDenial, number> = {
    not_idempotent: 0,
    layered: 0,
    forbidden: 0,
    refused: 0,
    deadline: 0,
    budget: 0,
  };

  constructor(settings: HedgeSettings) {
    this.name = settings.name;
    this.clock = settings.clock;
    this.settings = settings;
    this.delay = new HedgeDelay(settings.delayMs, settings.clock.now());
  }

  /** Whether more than one attempt may be made at all. */
  admits(call: WrapperCall): boolean {
    const { attempts, idempotent, isRetry } = this.settings;
    if (attempts === 1) return false;
    if (!(call.idempotent ?? idempotent ?? false)) {
      this.denied.not_idempotent++;
      return false;
    }
    try {
      if (!yes('isRetry', isRetry(call, call.attempt))) return true;
    } catch (error) {
      reportFault(this.clock, call, this.name, error);
    }
    this.denied.layered++;
    return false;
  }

  asksToBeLeftAlone(call: WrapperCall, outcome: Outcome): boolean {
    return this.#ask(call, () => (wishOf(this.settings.retryAfter, outcome) ?? 0) > 0, true);
  }

  hedgeOn(call: WrapperCall, outcome: Outcome): boolean {
    return this.#ask(call, () => yes('hedgeOn', this.settings.hedgeOn(outcome, call)), false);
  }

  withdraw(call: WrapperCall, budget: RetryBudget, after: Outcome | undefined): number {
    return this.#ask(call, () => tokensOf(budget, after), 0);
  }

  giveBack(call: WrapperCall, budget: RetryBudget, tokens: number): void {
    this.#ask(call, () => budget.giveBack(tokens), undefined);
  }

  started(call: WrapperCall, attempt: number, afterMs: number): void {
    this.hedges++;
    call.note(this.name, 'hedged', undefined, afterMs);
    if (hub.active) publish({ type: 'hedge.started', ...this.#about(call, attempt), afterMs });
  }

  deny(call: WrapperCall, attempt: number, reason: HedgeDenial): void {
    this.denied[reason]++;
    if (hub.active) publish({ type: 'hedge.denied', ...this.#about(call, attempt), reason });
  }

  /** One attempt decided how the call ends. */
  decided(call: WrapperCall, attempt: number, { kind }: Outcome, startedAt: number): void {
    if (kind !== 'success' && kind !== 'slow') return;
    try {
      this.settings.budget.deposit();
    } catch (error) {
      reportFault(this.clock, call, this.name, error);
    }
    if (attempt === 1) return;
    this.won++;
    if (hub.active) publish({ type: 'hedge.won', ...this.#about(call, attempt), durationMs: this.clock.now() - startedAt });
  }

  #about(
    { id: callId, pipeline }: CallContext,
    attempt: number,
  ): {
    at: number;
    callId: number;
    pipeline: string;
    policy: string;
    attempt: number;
  } {
    return { at: this.clock.now(), callId, pipeline, policy: this.name, attempt };
  }

  #ask<T>(call: WrapperCall, ask: () => T, otherwise: T): T {
    try {
      return ask();
    } catch (error) {
      reportFault(this.clock, call, this.name, error);
      return otherwise;
    }
  }
}
