import { Alarm } from './clock.ts';
import type { Context } from './context.ts';
import { hub, publish } from './events.ts';
import { Outcome } from './outcome.ts';
import type { OutcomeKind } from './outcome.ts';
import type { CallContext } from './policy.ts';
import { Rare } from './rare.ts';
import type { Stretch } from './stretch.ts';

/** What is noted of a running attempt when somebody wants to know. */
export class Watch {
  readonly startedAt: number;
  slow: boolean = false;
  readonly #context: Context;
  readonly #alarm: Alarm | undefined;
  /** Whether `attempt.started` was published. */
  readonly #told: boolean;

  constructor({ slowCallMs, endsInOperation }: Stretch, context: Context) {
    const { clock } = context;
    this.#context = context;
    this.#told = hub.active && endsInOperation;
    this.startedAt = clock.now();
    if (slowCallMs < Number.POSITIVE_INFINITY) {
      const alarm = new Alarm((stalled) => {
        // A blocked loop says nothing about the dependency: it gets its time once more.
        if (stalled) clock.arm(alarm, slowCallMs);
        else this.slow = true;
      });
      this.#alarm = alarm;
      clock.arm(alarm, slowCallMs);
    }
    if (!this.#told) return;
    (context.frame.root.rare ??= new Rare()).operations++;
    publish({ type: 'attempt.started', at: this.startedAt, attempt: context.attempt, ...ofCall(context) });
  }

  end(kind: OutcomeKind, threw: boolean, value: unknown, error: unknown, ran: boolean): Outcome {
    const context = this.#context;
    const { clock } = context;
    if (this.#alarm !== undefined) clock.disarm(this.#alarm);
    const at = clock.now();
    const durationMs = at - this.startedAt;
    if (hub.active && this.#told) {
      publish({ type: 'attempt.finished', at, attempt: context.attempt, kind, error, durationMs, ...ofCall(context) });
    }
    return new Outcome(kind, threw, value, error, durationMs, ran);
  }
}

/** What every event about a call says of it. */
export const ofCall = ({ id: callId, pipeline }: CallContext): { callId: number; pipeline: string } => ({ callId, pipeline });
