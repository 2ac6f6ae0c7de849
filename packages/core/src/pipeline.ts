import type { Classify } from './classify.ts';
import type { Clock } from './clock.ts';
import { Context } from './context.ts';
import { runStretch } from './engine.ts';
import type { Stretch } from './stretch.ts';
import { NO_DECISIONS } from './decision.ts';
import type { Decision } from './decision.ts';
import { ConfigError } from './errors.ts';
import { hub, publish, publishAfter } from './events.ts';
import { Explanation } from './explain.ts';
import type { CallOwner, Frame } from './frame.ts';
import { aClock, callback, readOptions, text } from './options.ts';
import { openFrame } from './open-call.ts';
import { Outcome } from './outcome.ts';
import { checkPolicy, nameOf, stretchOf } from './plan.ts';
import type { Adds, CallContext, Operation, Pipeline, Policy } from './policy.ts';
import { Rare } from './rare.ts';
import type { RunOptions } from './run-options.ts';
import { leaveTrail } from './trail.ts';
import { mergeChanges, prepareChanges } from './update.ts';

export interface PipelineOptions {
  /** Shown in errors, events and snapshots. */
  readonly name: string;
  /** What an answer or an error tells about the dependency, for all policies alike. @default every error is a failure, every value a success */
  readonly classify?: Classify | undefined;
  /** Must be the one its policies were given. @default the system's monotonic clock */
  readonly clock?: Clock | undefined;
  /** A policy is none of these options: the name comes first. */
  readonly enter?: never;
  readonly exit?: never;
  readonly run?: never;
}

const NAME_FIRST = 'a name, or { name, … }: the policies come after it';

type AddedBy<P> = P extends Adds<infer Added> ? Added : never;

/**
 * Makes a pipeline of policies; the first named is the outermost.
 * @throws {ConfigError} on a name that is not a non-empty string, something that is no policy, or two clocks in one pipeline.
 */
export function pipeline<P extends readonly Policy<unknown>[]>(
  nameOrOptions: string | PipelineOptions,
  ...policies: P
): Pipeline<AddedBy<P[number]>> {
  const given = typeof nameOrOptions === 'object' && nameOrOptions !== null ? nameOrOptions : { name: nameOrOptions };
  if ('enter' in given || 'exit' in given || 'run' in given) throw new ConfigError('pipeline', 'name', given, NAME_FIRST);
  const { name, classify, clock } = readOptions('pipeline', given, {
    name: text<string | undefined>(undefined),
    classify: callback<Classify | undefined>('(ending, call) => kind', undefined),
    clock: aClock,
  });
  if (name === undefined) throw new ConfigError('pipeline', 'name', name, 'a non-empty string');
  policies.forEach((policy, index) => checkPolicy(name, `policies[${index}]`, policy, clock));

  let inFlight = 0;
  const owner: CallOwner = { name, clock };
  const finished = (frame: Frame, outcome: Outcome): void => {
    inFlight--;
    const trail = frame.rare?.trail?.toArray();
    if (trail !== undefined) frame.handOn(trail);
    if (outcome.threw) leaveTrail(outcome.error, trail);
    if (hub.active) publishFinished(frame, outcome, trail);
  };
  const plan = (): Stretch => stretchOf(policies, { classify, finished, endsInOperation: true });
  let first = plan();

  const run = (operation: Operation<unknown>, options?: RunOptions | CallContext): Promise<unknown> => {
    if (typeof operation !== 'function') return Promise.reject(new ConfigError(name, 'operation', operation, 'a function'));
    let frame: Frame;
    try {
      frame = openFrame(owner, options);
    } catch (error) {
      return Promise.reject(error);
    }
    if (frame.cancelled) {
      const { reason, parent } = frame;
      if (parent instanceof Context)
        parent.innerOutcome = Outcome.notBegun(frame.cut!.kind === 'cancelled' ? 'cancelled' : 'rejected', reason);
      frame.close();
      return Promise.reject(reason);
    }
    inFlight++;
    if (hub.active) publishStarted(frame);
    return runStretch(first, operation, frame);
  };

  const prepareUpdate = (changes: object): (() => void) => {
    const apply = prepareChanges(name, policies, changes);
    return () => {
      apply();
      first = plan(); // what it has read of the policies may have changed
    };
  };

  return {
    name,
    clock,
    policies,
    run: run as Pipeline<AddedBy<P[number]>>['run'],
    wrap: (operation, options) =>
      function wrapped(...args) {
        let own: RunOptions | undefined;
        try {
          own = typeof options === 'function' ? options(...args) : options;
        } catch (error) {
          return Promise.reject(error);
        }
        return run(() => operation.apply(this, args), own) as Promise<never>;
      },
    snapshot: () => ({ name, inFlight, policies: policies.map((policy) => policy.snapshot?.() ?? { policy: nameOf(policy) }) }),
    prepareUpdate,
    mergeUpdates: (before, next) => mergeChanges(policies, before, next),
    update(changes) {
      publishAfter(prepareUpdate(changes));
      if (hub.active) publish({ type: 'pipeline.updated', at: clock.now(), pipeline: name, changes });
    },
    explain: () => new Explanation(name, policies),
  };
}

function publishStarted(frame: Frame): void {
  const at = frame.clock.now();
  (frame.rare ??= new Rare()).startedAt = at;
  const { id: callId, pipeline, parent } = frame;
  publish({ type: 'call.started', at, callId, pipeline, call: frame, parentId: parent?.id });
}

function publishFinished(frame: Frame, { kind, error }: Outcome, trail: readonly Decision[] = NO_DECISIONS): void {
  const { id: callId, pipeline, rare } = frame;
  if (rare === undefined || Number.isNaN(rare.startedAt)) return; // begun before anybody was subscribed
  const { startedAt, operations: attempts } = rare;
  const at = frame.clock.now();
  publish({ type: 'call.finished', at, callId, pipeline, kind, error, durationMs: at - startedAt, attempts, trail });
}
