/** Every code an error of holdfast can carry. Match on it: two copies of a package break `instanceof`, never a code. */
export type HoldfastErrorCode =
  | 'HOLDFAST_CIRCUIT_OPEN'
  | 'HOLDFAST_BULKHEAD_FULL'
  | 'HOLDFAST_QUEUE_TIMEOUT'
  | 'HOLDFAST_RATE_LIMITED'
  | 'HOLDFAST_SHED'
  | 'HOLDFAST_TIMEOUT'
  | 'HOLDFAST_DEADLINE'
  | 'HOLDFAST_NOT_LEADER'
  | 'HOLDFAST_CONFIG';

/** What every error of holdfast has. Errors of the wrapped call are never wrapped in one: they pass through as they are. */
export abstract class HoldfastError extends Error {
  abstract readonly code: HoldfastErrorCode;
  /** Name of the policy that made the error, or of the pipeline where no policy did. */
  readonly policy: string;
  /** Milliseconds after which another try may be let through, where the policy knows. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, policy: string, retryAfterMs?: number) {
    super(message);
    this.policy = policy;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Makes a refusal without its stack. During an outage refusals are made by the thousand, a stack costs twenty times the rest,
 * and it would show nothing but the pipeline.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const limit = engine.stackTraceLimit;
  try {
    engine.stackTraceLimit = 0;
  } catch {
    return make(); // hardened realms freeze Error: then with a stack
  }
  try {
    return make();
  } finally {
    engine.stackTraceLimit = limit;
  }
}

/** V8's own switch for how much stack an error captures; other engines do not know it, and do not mind. */
const engine: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error;

/** The whole call ran out of time: its own time-out, the caller's, or a deadline that came with the request. */
export class DeadlineError extends HoldfastError {
  override readonly name = 'DeadlineError';
  readonly code = 'HOLDFAST_DEADLINE';
  /** The time that was allowed, in milliseconds. */
  readonly timeoutMs: number;
  constructor(policy: string, timeoutMs: number) {
    super(`${policy}: the deadline of ${timeoutMs} ms has passed`, policy);
    this.timeoutMs = timeoutMs;
  }
}

/** An option that cannot work. Thrown at construction, before anything is changed. */
export class ConfigError extends HoldfastError {
  override readonly name = 'ConfigError';
  readonly code = 'HOLDFAST_CONFIG';
  /** Path of the option, such as `window.durationMs`. */
  readonly option: string;
  readonly value: unknown;
  /** What would have been accepted, in words. */
  readonly allowed: string;
  constructor(policy: string, option: string, value: unknown, allowed: string) {
    super(`${policy}: option ${option} must be ${allowed}, got ${show(value)}`, policy);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}

/** Whether this is an error of holdfast, of this code if one is given; also when another copy of the package made it. */
export function isHoldfastError(error: unknown, code?: HoldfastErrorCode): error is HoldfastError {
  if (!(error instanceof Error)) return false;
  const own: unknown = (error as { code?: unknown }).code;
  return typeof own === 'string' && (code === undefined ? own.startsWith('HOLDFAST_') : own === code);
}

function show(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'bigint') return `${value}n`;
  let text: string | undefined;
  try {
    text = typeof value === 'string' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value);
  } catch {
    text = Object.prototype.toString.call(value); // cyclic, or a getter that throws
  }
  text ??= typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
