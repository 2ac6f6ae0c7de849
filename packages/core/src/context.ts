import type { CancelKind, CancelTarget } from './cancel.ts';
import type { Clock } from './clock.ts';
import type { Decision } from './decision.ts';
import { tell } from './fault.ts';
import type { Frame } from './frame.ts';
import { earliest } from './limit.ts';
import type { Limit } from './limit.ts';
import type { Outcome } from './outcome.ts';
import type { Criticality, ForkedCall, WrapperCall } from './policy.ts';
import { sleepIn } from './sleep.ts';

/**
 * What an operation, or a wrapper, sees of the call: one per attempt, so that an attempt that was left behind keeps its own
 * number and its own aborted signal while the next one runs.
 */
export class Context implements WrapperCall, ForkedCall, CancelTarget {
  readonly frame: Frame;
  readonly attempt: number;
  cancelled: boolean = false;
  reason: unknown = undefined;
  /** The last run begun inside, while it lasts. */
  inner: Frame | undefined = undefined;
  /** How the last run inside ended, so that the same ending is not classified a second time. */
  innerOutcome: Outcome | undefined = undefined;
  // `private`, not `#`: one of these is made for every attempt, and V8 takes 5 % of a bare pipeline longer to define `#` fields.
  private readonly limits: Limit | undefined;
  private readonly forkOf: Context | Frame | undefined;
  private cancelKind: CancelKind = 'cancelled';
  private cooperative: boolean = false;
  private targets: Set<CancelTarget> | undefined = undefined;
  private controller: AbortController | undefined = undefined;

  constructor(frame: Frame, attempt: number, forkOf?: Context | Frame) {
    this.frame = frame;
    this.attempt = attempt;
    this.limits = frame.limits;
    this.forkOf = forkOf;
  }

  get id(): number {
    return this.frame.id;
  }
  get pipeline(): string {
    return this.frame.pipeline;
  }
  get clock(): Clock {
    return this.frame.clock;
  }
  get key(): string | undefined {
    return this.frame.key;
  }
  get criticality(): Criticality {
    return this.frame.criticality;
  }
  get idempotent(): boolean | undefined {
    return this.frame.idempotent;
  }
  get attributes(): Readonly<Record<string, unknown>> {
    return this.frame.attributes;
  }

  get deadline(): number {
    return earliest(this.limits, this.frame.parent);
  }

  remainingMs(): number {
    if (this.cancelled) return 0;
    const { deadline } = this;
    return deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, deadline - this.clock.now());
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.cancelled) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  onCancel(listener: (reason: unknown) => void): () => void {
    const target = { cancelledAround: (reason: unknown): void => tell(this.frame, listener, reason) };
    this.attach(target);
    return () => this.detach(target);
  }

  sleep(delayMs: number): Promise<void> {
    return sleepIn(this, delayMs);
  }

  note(policy: string, did: Decision['did'], about?: unknown, ms?: number): void {
    this.frame.note(policy, did, about, ms, this.attempt);
  }

  whenSettled(): Promise<void> | undefined {
    return this.frame.whenSettled();
  }

  fork(attempt: number = this.attempt): Context {
    const inside = new Context(this.frame, attempt, this);
    this.attach(inside);
    return inside;
  }

  cancel(reason: unknown): void {
    this.cancelledAround(reason, 'cancelled', false);
  }

  close(): void {
    if (this.forkOf === undefined) this.frame.close();
    else this.forkOf.detach(this);
  }

  attach(target: CancelTarget): void {
    if (this.cancelled) target.cancelledAround(this.reason, this.cancelKind, this.cooperative);
    else (this.targets ??= new Set()).add(target);
  }

  detach(target: CancelTarget): void {
    this.targets?.delete(target);
  }

  cancelledAround(reason: unknown, kind: CancelKind, cooperative: boolean): void {
    if (this.cancelled && (!this.cooperative || cooperative)) return;
    const first = !this.cancelled;
    this.cancelled = true;
    this.reason = reason;
    this.cancelKind = kind;
    this.cooperative = cooperative;
    if (first) this.controller?.abort(reason);
    // Frames inside stay attached: a cooperative cancellation may be followed by one that does not wait.
    for (const target of this.targets ?? []) target.cancelledAround(reason, kind, cooperative);
  }
}
