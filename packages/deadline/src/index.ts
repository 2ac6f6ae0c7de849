export { timeout } from './timeout.ts';
export { TimeoutError } from './timeout-error.ts';
export type { Timeout, TimeoutOptions, TimeoutSnapshot } from './timeout.ts';
export { deadline } from './deadline.ts';
export type { Deadline, DeadlineOptions, DeadlineSnapshot } from './deadline.ts';
export { currentCall, withCall } from './ambient.ts';
export {
  ATTEMPT_HEADER,
  CLASS_HEADER,
  DEADLINE_HEADER,
  formatDeadline,
  formatGrpcTimeout,
  readAttempt,
  readCriticality,
  readDeadline,
} from './wire.ts';
export type { HeaderSource, WireDeadline } from './wire.ts';
