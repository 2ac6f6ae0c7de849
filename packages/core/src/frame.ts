import { Cancellation, INTERRUPTED, OUTSIDE } from './cancel.ts';
import type { CancelKind, CancelTarget } from './cancel.ts';
import type { Clock } from './clock.ts';
import { Context } from './context.ts';
import type { Decision } from './decision.ts';
import { tell } from './fault.ts';
import { earliest, Limit } from './limit.ts';
import type { Outcome } from './outcome.ts';
import type { Criticality, GuardCall, Operation } from './policy.ts';
import { Rare } from './rare.ts';
import type { RunOptions } from './run-options.ts';
import { sleepIn } from './sleep.ts';
import type { Stretch } from './stretch.ts';
import { reasonOf, Trail } from './trail.ts';

/** Who began the call: a pipeline, or a server for an inbound request. */
export interface CallOwner {
  readonly name: string;
  readonly clock: Clock;
}

const NO_ATTRIBUTES: Readonly<Record<string, unknown>> = Object.freeze({});
let lastCallId = 0;
/** Of a frame that runs through nothing: an inbound request's. */
const NO_STRETCH = undefined as unknown as Stretch;
const NO_OPERATION = undefined as unknown as Operation<unknown>;

/**
 * One run through a stretch of guards, and what its guards see of the call. One object serves all of them: what a guard sees
 * depends on `depth`, its own index, which the engine keeps up to date. Cancelling has a depth, too: a limit set by stage 3 cancels
 * what is deeper than 3 and nothing further out, the caller's abort cancels from -1 on.
 */
export class Frame implements GuardCall, CancelTarget {
  // `declare`d and set once in the constructor: fields defined one by one, and then set, are bytecode enough for V8 not to inline it.
  declare readonly owner: CallOwner;
  declare readonly options: RunOptions | undefined;
  declare readonly parent: Context | Frame | undefined;
  /** The one around it of the same call: there is one when a wrapper of the same pipeline is further out. */
  declare readonly sameCall: Frame | undefined;
  declare private readonly callId: number;
  /** Number of the next attempt. */
  declare attempt: number;
  /** How many stages are entered: the index of the one that is being entered or exited. */
  declare depth: number;
  /** How the operation ended, or what an `exit` made of it. */
  declare outcome: Outcome | undefined;
  /** What of it is cancelled, if anything is. */
  declare cut: Cancellation | undefined;
  /** Whether the operation was called in this descent, be it further in. */
  declare reached: boolean;
  /** Rejects what the engine is waiting for. */
  declare wait: ((interrupted: Error) => void) | undefined;
  /** The innermost limit; each holds the next one further out. */
  declare limits: Limit | undefined;
  /** What runs at the bottom now: the operation's context, or the wrapper's. */
  declare context: Context | undefined;
  /** What most calls never need. */
  declare rare: Rare | undefined;
  /** What it runs through, */
  declare stretch: Stretch;
  /** and what at the bottom of that. */
  declare operation: Operation<unknown>;
  /** What the stages' `enter` gave, if any gave something. */
  declare entered: unknown[] | undefined;
  /** What the operation returned, while it is waited for. */
  declare pending: PromiseLike<unknown> | undefined;

  constructor(
    owner: CallOwner,
    options: RunOptions | undefined,
    parent: Context | Frame | undefined,
    sameCall: Frame | undefined,
  ) {
    this.owner = owner;
    this.options = options;
    this.parent = parent;
    this.sameCall = sameCall;
    this.callId = sameCall === undefined ? ++lastCallId : 0;
    this.attempt = 1;
    this.depth = 0;
    this.outcome = undefined;
    this.cut = undefined;
    this.reached = false;
    this.wait = undefined;
    this.limits = undefined;
    this.context = undefined;
    this.rare = undefined;
    this.stretch = NO_STRETCH;
    this.operation = NO_OPERATION;
    this.entered = undefined;
    this.pending = undefined;
    if (parent !== undefined || options !== undefined) this.follow();
  }

  /** Whether anything from outside may cancel it; with a limit it may be cancelled anyway. */
  get followsOthers(): boolean {
    return this.parent !== undefined || this.options?.signal !== undefined;
  }
  /** The frame the call began with. */
  get root(): Frame {
    return this.sameCall === undefined ? this : this.sameCall.root;
  }
  get id(): number {
    return this.root.callId;
  }
  get pipeline(): string {
    return this.owner.name;
  }
  get clock(): Clock {
    return this.owner.clock;
  }
  get key(): string | undefined {
    return this.options?.key ?? this.parent?.key;
  }
  get criticality(): Criticality {
    return this.options?.criticality ?? this.parent?.criticality ?? 'critical';
  }
  get idempotent(): boolean | undefined {
    return this.options?.idempotent ?? this.parent?.idempotent;
  }
  get attributes(): Readonly<Record<string, unknown>> {
    return this.options?.attributes ?? this.parent?.attributes ?? NO_ATTRIBUTES;
  }

  get deadline(): number {
    return earliest(this.limits, this.parent);
  }

  remainingMs(): number {
    const { deadline } = this;
    return deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, deadline - this.owner.clock.now());
  }

  get cancelled(): boolean {
    return this.cut !== undefined && this.cut.depth < this.depth;
  }
  get reason(): unknown {
    return this.cut?.reason;
  }
  /** Whether what is cancelled is left behind, rather than waited for. */
  get abandoned(): boolean {
    return this.cut !== undefined && !this.cut.cooperative;
  }

  get signal(): AbortSignal {
    const rare = (this.rare ??= new Rare());
    const stale = rare.controller?.signal.aborted === true && !this.cancelled; // of a descent that is over
    if (rare.controller === undefined || rare.controllerDepth !== this.depth || stale) {
      const controller = new AbortController();
      rare.controller = controller;
      rare.controllerDepth = this.depth;
      this.onCancel((reason) => controller.abort(reason));
    }
    return rare.controller.signal;
  }

  onCancel(listener: (reason: unknown) => void): () => void {
    const target = { cancelledAround: (reason: unknown): void => tell(this, listener, reason) };
    this.attach(target);
    return () => this.detach(target);
  }

  limit(timeoutMs: number, makeError: () => unknown, cooperative: boolean = false): void {
    this.limits = new Limit(this, this.depth, makeError, cooperative, this.limits);
    if (!this.cancelled) this.owner.clock.arm(this.limits, timeoutMs);
  }

  sleep(delayMs: number): Promise<void> {
    return sleepIn(this, delayMs);
  }

  note(policy: string, did: Decision['did'], about?: unknown, ms?: number, attempt: number = this.attempt): void {
    const { name: pipeline, clock } = this.owner;
    const rare = (this.root.rare ??= new Rare());
    (rare.trail ??= new Trail()).add({ at: clock.now(), pipeline, policy, attempt, did, reason: reasonOf(about), ms });
  }

  /** A call that was made inside another one is part of it, and so is what was decided about it. */
  handOn(trail: readonly Decision[]): void {
    const root = this.parent instanceof Context ? this.parent.frame.root : this.parent?.root;
    if (root === undefined) return;
    const rare = (root.rare ??= new Rare());
    for (const decision of trail) (rare.trail ??= new Trail()).add(decision);
  }

  fork(attempt: number = this.attempt): Context {
    return Context.within(this, this, attempt);
  }

  whenSettled(): Promise<void> | undefined {
    return this.rare?.whenSettled(this.depth);
  }

  /** Tells the target when what is at the present depth is cancelled; at once if it is. */
  attach(target: CancelTarget): void {
    if (this.cancelled) target.cancelledAround(this.cut!.reason, this.cut!.kind, this.cut!.cooperative);
    else ((this.rare ??= new Rare()).targets ??= new Map()).set(target, this.depth);
  }

  detach(target: CancelTarget): void {
    this.rare?.targets?.delete(target);
  }

  cancelledAround(reason: unknown, kind: CancelKind, cooperative: boolean): void {
    this.cancelInside(OUTSIDE, reason, kind, cooperative);
  }

  /** The caller's signal aborted. An object as listener costs no closure a call. */
  handleEvent(): void {
    this.cancelInside(OUTSIDE, this.options!.signal!.reason, 'cancelled', false);
  }

  /** Whether all that is deeper than `depth` was left behind already. */
  hasLeft(depth: number): boolean {
    return this.cut !== undefined && !this.cut.cooperative && depth >= this.cut.depth;
  }

  /** Cancels all that is deeper than `depth`. With `cooperative` a running operation is told, but waited for. */
  cancelInside(depth: number, reason: unknown, kind: CancelKind, cooperative: boolean): void {
    if (this.hasLeft(depth)) return;
    if (this.cut === undefined) this.cut = new Cancellation(depth, reason, kind, cooperative);
    else this.cut.join(depth, reason, kind, cooperative);
    // An operation is left before it hears of it, or it might end the wait in its own way; guards clean up before they are left.
    const operating = this.pending !== undefined;
    if (operating && this.abandoned) this.wait?.(INTERRUPTED);
    this.context?.cancelledAround(reason, kind, cooperative);
    const targets = this.rare?.targets;
    if (targets !== undefined) {
      for (const [target, targetDepth] of targets) {
        if (targetDepth <= depth) continue;
        targets.delete(target);
        target.cancelledAround(reason, kind, cooperative);
      }
    }
    if (!operating) this.wait?.(INTERRUPTED);
  }

  /** What the stage at `depth` gave when it was entered, for its exit. Most stages of a healthy call give nothing. */
  keep(ticket: unknown): void {
    (this.entered ??= new Array(this.stretch.stages.length))[this.depth] = ticket;
  }

  /** Leaves stage `depth`: its limits end, and what they cancelled is over. */
  leave(depth: number): void {
    this.depth = depth;
    while (this.limits !== undefined && this.limits.depth === depth) {
      this.limits.close();
      this.limits = this.limits.outer;
    }
    if (this.cut !== undefined && this.cut.depth >= depth) this.cut = undefined;
  }

  get mayBeCancelled(): boolean {
    return this.limits !== undefined || this.followsOthers;
  }

  /** The run is over: lets go of whatever it follows, and of the caller's limit. */
  close(): void {
    if (this.limits !== undefined) this.leave(OUTSIDE);
    if (!this.followsOthers) return;
    this.options?.signal?.removeEventListener('abort', this);
    this.parent?.detach(this);
    if (this.parent instanceof Context && this.parent.inner === this) this.parent.inner = undefined;
  }

  /** The operation is called now, here or further in. */
  reach(): void {
    if (this.reached) return;
    this.reached = true;
    const around = this.parent;
    if (around !== undefined) (around instanceof Frame ? around : around.frame).reach();
  }

  /** Notes an operation that goes on although nobody waits for it any more, in this frame and those around it. */
  leaveBehind(operation: PromiseLike<unknown>): void {
    let frame: Frame | undefined = this;
    while (frame !== undefined) {
      (frame.rare ??= new Rare()).leaveBehind(operation);
      const around: Context | Frame | undefined = frame.parent;
      frame = around === undefined || around instanceof Frame ? around : around.frame;
    }
  }

  /** The operation has ended. */
  letGo(): void {
    this.context = undefined;
    this.pending = undefined;
    if (this.rare !== undefined) this.rare.watch = undefined;
  }

  /** The stage at `depth` descends again: what it enters anew has nothing to do with what was left behind before. */
  descendAgain(entered: unknown): void {
    this.attempt++;
    this.outcome = undefined;
    this.reached = false;
    this.rare?.keepStragglersFrom(this.depth);
    this.entered?.fill(undefined, this.depth);
    this.keep(entered);
    this.depth++;
  }

  private follow(): void {
    // Not `#follow`: every frame would be marked with the brand of private methods, 8 bytes.
    const { parent, options } = this;
    this.attempt = options?.attempt ?? parent?.attempt ?? 1;
    if (parent instanceof Context) parent.inner = this;
    parent?.attach(this);
    const signal = options?.signal;
    if (signal === undefined) return;
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener('abort', this);
  }
}
