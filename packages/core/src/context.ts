import { Cancellation, OUTSIDE } from './cancel.ts';
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
  // Four fields, for one of these is made for every attempt; and `declare`d, as those of the frame are.
  declare readonly frame: Frame;
  declare readonly attempt: number;
  declare private readonly limits: Limit | undefined;
  declare private happened: Happened | undefined;

  constructor(frame: Frame, attempt: number) {
    this.frame = frame;
    this.attempt = attempt;
    this.limits = frame.limits;
    this.happened = undefined;
  }

  /** One inside another, cancelled with it. */
  static within(around: Context | Frame, frame: Frame, attempt: number): Context {
    const inside = new Context(frame, attempt);
    inside.happening.forkOf = around;
    around.attach(inside);
    return inside;
  }

  private get happening(): Happened {
    return (this.happened ??= new Happened());
  }

  get cancelled(): boolean {
    return this.happened?.cut !== undefined;
  }
  get reason(): unknown {
    return this.happened?.cut?.reason;
  }

  /** The last run begun inside, while it lasts. */
  get inner(): Frame | undefined {
    return this.happened?.inner;
  }
  set inner(frame: Frame | undefined) {
    this.happening.inner = frame;
  }

  /** How the last run inside ended, so that the same ending is not classified a second time. */
  get innerOutcome(): Outcome | undefined {
    return this.happened?.innerOutcome;
  }
  set innerOutcome(outcome: Outcome | undefined) {
    this.happening.innerOutcome = outcome;
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
    const happening = this.happening;
    if (happening.controller === undefined) {
      happening.controller = new AbortController();
      if (this.cancelled) happening.controller.abort(this.reason);
    }
    return happening.controller.signal;
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
    return Context.within(this, this.frame, attempt);
  }

  cancel(reason: unknown): void {
    this.cancelledAround(reason, 'cancelled', false);
  }

  close(): void {
    const forkOf = this.happened?.forkOf;
    if (forkOf === undefined) this.frame.close();
    else forkOf.detach(this);
  }

  attach(target: CancelTarget): void {
    const { happening } = this;
    const { cut } = happening;
    if (cut === undefined) happening.addTarget(target);
    else target.cancelledAround(cut.reason, cut.kind, cut.cooperative);
  }

  detach(target: CancelTarget): void {
    this.happened?.removeTarget(target);
  }

  cancelledAround(reason: unknown, kind: CancelKind, cooperative: boolean): void {
    const { happening } = this;
    const { cut } = happening;
    if (cut !== undefined && (!cut.cooperative || cooperative)) return;
    happening.cut = new Cancellation(OUTSIDE, reason, kind, cooperative);
    if (cut === undefined) happening.controller?.abort(reason);
    // Frames inside stay attached: a cooperative cancellation may be followed by one that does not wait.
    happening.only?.cancelledAround(reason, kind, cooperative);
    for (const target of happening.others ?? NOBODY) target.cancelledAround(reason, kind, cooperative);
  }
}

/** What most contexts never need, for nothing happens to them. */
class Happened {
  forkOf: Context | Frame | undefined = undefined;
  inner: Frame | undefined = undefined;
  innerOutcome: Outcome | undefined = undefined;
  cut: Cancellation | undefined = undefined;
  controller: AbortController | undefined = undefined;
  /** Who is told of a cancellation: in most contexts one, a run inside. A set for it took a quarter of a nested call. */
  only: CancelTarget | undefined = undefined;
  others: Set<CancelTarget> | undefined = undefined;

  addTarget(target: CancelTarget): void {
    if (this.only === undefined && this.others === undefined) this.only = target;
    else (this.others ??= new Set()).add(target);
  }

  removeTarget(target: CancelTarget): void {
    if (this.only === target) this.only = undefined;
    else this.others?.delete(target);
  }
}

const NOBODY: readonly CancelTarget[] = [];
