import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import {
  BulkheadStrategy,
  CircuitBreakerStrategy,
  ExponentialBackoff,
  FallbackStrategy,
  FixedBackoff,
  ResilienceCommand,
  ResilienceEventBus,
  ResilienceEventType,
  ResilienceObservableCommand,
  ResilienceStatesManager,
  RetryStrategy,
  ThrottleStrategy,
  TimeoutStrategy,
} from 'nestjs-resilience';
import type { CircuitBreakerOptions, Strategy } from 'nestjs-resilience';
import { defer } from 'rxjs';
import { Lacks } from '../scenario.ts';
import type { Breaker, BreakerOptions, Capabilities, Operation, RetryOptions, Runner } from '../scenario.ts';

/** @see its README, "Use ResilienceCommand": a command with strategies, the first the innermost */
export function capabilities(): Partial<Capabilities> {
  Logger.overrideLogger(false);
  return {
    breaker: (options = {}) => breaker(options),
    defaultBreaker: () => wrapped({}),
    retry: (options = {}) => retried(options),
    defaultRetry: () => runner([new RetryStrategy()]),
    timeout({ ms, fallback }) {
      const limit = new TimeoutStrategy(ms);
      return runner(fallback === undefined ? [limit] : [limit, new FallbackStrategy(fallback)]);
    },
    bulkhead({ concurrency, queue, expiryMs = 1_000, timeoutMs }) {
      const room = new BulkheadStrategy({ maxConcurrent: concurrency, maxQueue: queue });
      const cold = new (coldCommand())([room]);
      return {
        ...runner(timeoutMs === undefined ? [room] : [new TimeoutStrategy(timeoutMs), room]),
        callWithin: runner([room, new TimeoutStrategy(expiryMs)]).call,
        abandon: (operation) => void cold.execute(operation),
      };
    },
    plain() {
      throw new Lacks('takes only functions that return a promise');
    },
    rateLimit({ limit, periodMs }) {
      const rate = new ThrottleStrategy({ ttl: periodMs, limit });
      return { ...runner([rate]), update: (options) => rate.updateOption('limit', options.limit) };
    },
  };
}

class Command extends ResilienceCommand {
  static made = 0;
  constructor(strategies: Strategy[]) {
    super(strategies, 'traps', `command-${++Command.made}`);
  }
  /** @param _key tells cached answers apart: its cache goes by the arguments */
  async run(operation: Operation, _key?: string): Promise<unknown> {
    return operation();
  }
}

/** The kind that returns an observable: nothing runs until somebody subscribes. */
function coldCommand(): new (strategies: Strategy[]) => ResilienceObservableCommand {
  return class extends ResilienceObservableCommand {
    constructor(strategies: Strategy[]) {
      super(strategies, 'traps', `cold-${++Command.made}`);
    }
    run(operation: Operation): ReturnType<typeof defer> {
      return defer(async () => operation());
    }
  };
}

function runner(strategies: Strategy[]): Runner {
  const command = new Command(strategies);
  return { takesSignal: false, call: (operation) => command.execute(operation) };
}

function wrapped(options: CircuitBreakerOptions, inside: Strategy[] = [], listener?: () => void): Breaker {
  const strategy = new CircuitBreakerStrategy(options);
  const command = new Command([...inside, strategy]);
  if (listener !== undefined) ResilienceEventBus.getInstance().on(ResilienceEventType.Failure, listener);
  return {
    takesSignal: false,
    call: (operation) => command.execute(operation),
    callFor: (key, operation) => command.execute(operation, key),
    async state() {
      const key = [CircuitBreakerStrategy.name, command].join('/');
      const kept = await ResilienceStatesManager.getInstance().get<{ status: string }>(key);
      return statusOf(kept?.status);
    },
    parts: () => [command, strategy],
  };
}

function statusOf(status: string | undefined): 'closed' | 'open' | 'half-open' {
  const word = (status ?? 'closed').toLowerCase();
  return word.includes('half') ? 'half-open' : word.includes('open') ? 'open' : 'closed';
}

function breaker({
  failureRatio = 0.5,
  minimumCalls = 2,
  windowMs = 10_000,
  openMs = 1_000,
  ...options
}: BreakerOptions): Breaker {
  const { ignore, concurrency, cacheMs, listener, given } = options;
  if (ignore !== undefined) throw new Lacks('counts every error as a failure');
  const native: CircuitBreakerOptions = {
    requestVolumeThreshold: minimumCalls,
    sleepWindowInMilliseconds: openMs,
    rollingWindowInMilliseconds: windowMs,
    errorThresholdPercentage: failureRatio * 100,
    ...(cacheMs !== undefined && { cachedTimeoutInMilliseconds: cacheMs }),
  };
  given?.(native);
  const inside = concurrency === undefined ? [] : [new BulkheadStrategy({ maxConcurrent: concurrency, maxQueue: 0 })];
  return wrapped(native, inside, listener);
}

function retried({ attempts = 3, waitMs = 100, factor, capMs, deadlineMs, failed, budget, retryAfter }: RetryOptions): Runner {
  if (budget !== undefined) throw new Lacks('has no retry budget');
  if (retryAfter) throw new Lacks('knows no Retry-After');
  if (failed !== undefined) throw new Lacks('retries errors only');
  if (factor !== undefined && factor !== 2) throw new Lacks('doubles its waits, always');
  const maxDelay = capMs ?? Number.POSITIVE_INFINITY;
  // Its fixed backoff has one wait less than `maxRetries`.
  const again =
    factor === undefined
      ? new RetryStrategy({ maxRetries: attempts, maxDelay, backoff: new FixedBackoff({ baseDelay: waitMs }) })
      : new RetryStrategy({ maxRetries: attempts - 1, maxDelay, backoff: new ExponentialBackoff({ baseDelay: waitMs }) });
  return runner(deadlineMs === undefined ? [again] : [again, new TimeoutStrategy(deadlineMs)]);
}
