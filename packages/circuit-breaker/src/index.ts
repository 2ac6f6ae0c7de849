export { circuitBreaker } from './circuit-breaker.ts';
export type { CircuitBreaker } from './circuit-breaker.ts';
export type {
  BackoffOptions,
  CallWindow,
  CircuitBreakerOptions,
  CircuitBreakerUpdate,
  HalfOpenOptions,
  RampOptions,
  TimeWindow,
} from './options.ts';
export { CircuitOpenError } from './circuit-open-error.ts';
export type { RefusalReason } from './circuit-open-error.ts';
export type { CircuitState } from './state.ts';
export type { ImportOptions, SavedCircuit } from './saved-state.ts';
export type { Slice } from './rolling-window.ts';
export type { CircuitBreakerSnapshot } from './snapshot.ts';
export type { Counts } from './tally.ts';
export type { VerdictNumbers } from './events.ts';
export type { Rule } from './verdict.ts';
