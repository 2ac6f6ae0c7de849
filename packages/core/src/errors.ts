import { NO_DECISIONS } from './decision.ts';
import type { Decision } from './decision.ts';

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
  /** What the policies did about the call that ended with it, in their order; see `trailOf` for errors of the operation's own. */
  readonly trail: readonly Decision[] = NO_DECISIONS;

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
  constructor(policy: string, timeoutMs: number, message: string = `${policy}: the deadline of ${timeoutMs} ms has passed`) {
    super(message, policy);
    this.timeoutMs = timeoutMs;
  }
}

/** An option that cannot work. Thrown at construction, before anything is changed; a run rejects with it for options of its own. */
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

/** The classes by their codes, for {@link isHoldfastError}; a package adds its own, as to `HoldfastEvents`. */
export interface HoldfastErrors {
  HOLDFAST_CONFIG: ConfigError;
  HOLDFAST_DEADLINE: DeadlineError;
}

/** The class of a code, as far as it is known here. */
type ErrorOf<C extends HoldfastErrorCode> = C extends keyof HoldfastErrors ? HoldfastErrors[C] : HoldfastError;

/** Whether this is an error of holdfast, of this code if one is given; also when another copy of the package, or another realm, made it. */
export function isHoldfastError(error: unknown): error is HoldfastError;
export function isHoldfastError<C extends HoldfastErrorCode>(error: unknown, code: C): error is ErrorOf<C>;
export function isHoldfastError(error: unknown, code?: HoldfastErrorCode): boolean {
  if (Object.prototype.toString.call(error) !== '[object Error]') return false; // unlike instanceof, in any realm
  const own: unknown = (error as { code?: unknown }).code;
  return typeof own === 'string' && (code === undefined ? own.startsWith('HOLDFAST_') : own === code);
}

const LONGEST_SHOWN = 80;

/** For messages: never throws, whatever it is given, and never fills a log. */
export function show(value: unknown): string {
  let text: string;
  try {
    text =
      typeof value === 'object' && value !== null
        ? showObject(value)
        : typeof value === 'string'
          ? JSON.stringify(value)
          : plain(value);
  } catch {
    text = 'something that cannot be shown'; // a getter that throws, a revoked proxy
  }
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
}

function showObject(value: object): string {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  // JSON would show a promise that was not awaited, or a map, as {}.
  if (tag !== 'Object' && tag !== 'Array') return `an object of type ${tag}`;
  const around: unknown[] = [];
  const text = JSON.stringify(value, function (this: unknown, _key, inside: unknown) {
    while (around.length > 0 && around.at(-1) !== this) around.pop();
    if (around.includes(inside)) return '(cyclic)';
    if (typeof inside === 'object' && inside !== null) around.push(inside);
    return hasJson(inside) ? inside : plain(inside);
  }) as string | undefined;
  return text ?? `an object of type ${tag}`;
}

/** JSON leaves functions out, turns what is not finite into null and throws at a bigint. */
function hasJson(value: unknown): boolean {
  return Number.isFinite(value) || ['string', 'boolean', 'object', 'undefined'].includes(typeof value);
}

function plain(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
