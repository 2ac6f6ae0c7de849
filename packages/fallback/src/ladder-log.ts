import { hub, publish } from '@holdfast/core';
import type { Clock, PolicyCall } from '@holdfast/core';
import type { LadderCallEvent, LadderEvent } from './ladder-events.ts';
import type { Move } from './ladder-state.ts';
import type { AnswerLog } from './level-answer.ts';
import type { Cause } from './level-verdict.ts';

/** Tells what a ladder does, in the names of its levels, and counts what they serve. */
export class LadderLog implements AnswerLog {
  /** How many calls each level has served. */
  readonly served: number[];
  readonly #policy: string;
  readonly #names: readonly string[];
  readonly #clock: Clock;

  constructor(policy: string, names: readonly string[], clock: Clock) {
    this.served = names.map(() => 0);
    this.#policy = policy;
    this.#names = names;
    this.#clock = clock;
  }

  answered(level: number, call: PolicyCall, error: unknown): void {
    this.served[level]!++;
    const name = this.#names[level]!;
    call.note(this.#policy, 'answered', name);
    if (hub.active) publish({ type: 'ladder.answered', ...this.#facts(call), level: name, error });
  }

  missed(level: number, call: PolicyCall, error: unknown): void {
    if (hub.active) publish({ type: 'ladder.missed', ...this.#facts(call), level: this.#names[level]!, error });
  }

  /** @param cause why it went down, or did not go on up. */
  moved({ kind, from, to }: Move, cause: Cause, share: number, waitMs: number): void {
    if (!hub.active) return;
    const [level, other] = [this.#names[from]!, this.#names[to]!];
    const facts = this.#facts();
    if (kind === 'probed') publish({ type: 'ladder.probed', ...facts, level, tried: other, share });
    else if (kind === 'relapsed') publish({ type: 'ladder.relapsed', ...facts, level, tried: other, ...cause, waitMs });
    else if (from !== to) publish({ type: 'ladder.changed', ...facts, from: level, to: other, ...cause });
  }

  pinned(level: number): void {
    if (hub.active) publish({ type: 'ladder.pinned', ...this.#facts(), level: this.#names[level]! });
  }

  unpinned(level: number): void {
    if (hub.active) publish({ type: 'ladder.unpinned', ...this.#facts(), level: this.#names[level]! });
  }

  signalFailed(signal: string, error: unknown): void {
    if (hub.active) publish({ type: 'ladder.signal-failed', ...this.#facts(), signal, error });
  }

  #facts(): LadderEvent;
  #facts(call: PolicyCall): LadderCallEvent;
  #facts(call?: PolicyCall): LadderEvent {
    const facts = { at: this.#clock.now(), policy: this.#policy };
    return call === undefined ? facts : { ...facts, callId: call.id, pipeline: call.pipeline };
  }
}
