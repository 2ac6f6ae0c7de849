export { pipeline } from './pipeline.ts';
export type { PipelineOptions } from './pipeline.ts';
export type { RunOptions } from './run-options.ts';
export { openCall } from './open-call.ts';
export { openDetachedCall } from './detached-call.ts';
export { setAmbient } from './ambient.ts';
export { keyed } from './keyed.ts';
export { KeyedTable } from './keyed-table.ts';
export type { KeyedEntry, KeyedTableOptions } from './keyed-table.ts';
export { List } from './list.ts';
export type { Listed } from './list.ts';
export type { Keyed, KeyedOptions } from './keyed.ts';
export { shadow } from './shadow.ts';
export type { Shadow } from './shadow.ts';
export { Again } from './policy.ts';
export type {
  Adds,
  CallContext,
  Criticality,
  DetachedCall,
  ForkedCall,
  Guard,
  GuardCall,
  Operation,
  Pipeline,
  PipelineSnapshot,
  Policy,
  PolicyCall,
  Turn,
  Wrapper,
  WrapperCall,
} from './policy.ts';
export { Outcome } from './outcome.ts';
export type { OutcomeKind } from './outcome.ts';
export { trailOf } from './trail.ts';
export type { Decision } from './decision.ts';
export type { PolicyTraits } from './traits.ts';
export { Explanation } from './explain.ts';
export type { Layer } from './explain.ts';
export type { Finding, FindingCode } from './findings.ts';
export type { Changes } from './update.ts';
export { checkKind } from './classify.ts';
export type { Classify, ClassifiedKind, Ending } from './classify.ts';
export { ConfigError, DeadlineError, HoldfastError, isHoldfastError, withoutStack } from './errors.ts';
export type { HoldfastErrorCode, HoldfastErrors } from './errors.ts';
export { hub, publish, subscribe } from './events.ts';
export { reportFault } from './fault.ts';
export type { EventBase, HoldfastEvent, HoldfastEvents, Listener, Subscription } from './events.ts';
export { Alarm } from './clock.ts';
export type { Clock, Timer } from './clock.ts';
export { systemClock } from './system-clock.ts';
export { systemRandom } from './random.ts';
export type { Random } from './random.ts';
