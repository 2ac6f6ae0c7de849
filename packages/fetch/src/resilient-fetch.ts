import { bulkhead } from '@holdfast/bulkhead';
import { circuitBreaker } from '@holdfast/circuit-breaker';
import { isHoldfastError, KeyedTable, pipeline } from '@holdfast/core';
import type { CallContext, Pipeline, Policy } from '@holdfast/core';
import { currentCall, deadline, timeout } from '@holdfast/deadline';
import { retry } from '@holdfast/retry';
import { classifier } from './classify.ts';
import { discardResponse } from './discard.ts';
import { explainedMismatch } from './dispatcher.ts';
import { Exchange } from './exchange.ts';
import type { FetchInput } from './exchange.ts';
import { Lifeline } from './lifeline.ts';
import { readFetchOptions } from './options.ts';
import type { FetchSettings, ResilientFetchOptions } from './options.ts';
import { withCallHeaders } from './propagation.ts';
import { httpRetry } from './repeat.ts';
import { snapshotOfTable } from './snapshot.ts';
import type { FetchSnapshot } from './snapshot.ts';

/**
 * Makes a `fetch` that bounds the time, the concurrency, the repetitions and the damage of its calls. Outermost first, and for each
 * origin its own: the deadline, retry with a budget, circuit breaker, bulkhead, the time-out of one attempt.
 *
 * It is a `fetch` in every other way. A response is handed over whatever its status, the last one if there were several attempts. The
 * caller's signal rejects with its own reason, and aborts the body, too, that is still being read. Errors of the network come out as they
 * are (`TypeError: fetch failed`); those of our policies as what they are (`CircuitOpenError`, …), not as the cause of a `TypeError`.
 *
 * Redirects are followed within one attempt and counted for the origin that was asked first. What is not `http:` or `https:` is
 * passed on as it is. It does not resume a response that broke off, nor count how its body ended.
 * @throws {ConfigError} for options out of range, or that contradict each other.
 */
export function resilientFetch(options?: ResilientFetchOptions): typeof fetch {
  const settings = readFetchOptions(options);
  const { name, send, keyOf, clock, propagateTo } = settings;
  pipelineOf(settings, name); // in vain, so that what cannot work is said now and not at the first call
  // A whole pipeline for each key, rather than `keyed` policies in one: a call stays one call to everybody who watches, and one loop.
  const table = new KeyedTable((_key, label) => pipelineOf(settings, label), {
    max: settings.maxKeys,
    idleMs: settings.keyIdleMs,
    maxLabels: MAX_LABELS,
    clock,
  });

  const attempt = async (exchange: Exchange, lifeline: Lifeline | undefined, call: CallContext): Promise<Response> => {
    const { url, input, headers } = exchange;
    const told = propagateTo.has(url!.origin) ? withCallHeaders(headers, call) : undefined;
    let response: Response;
    try {
      response = await send(input, exchange.attemptInit((lifeline ?? call).signal, told));
    } catch (error) {
      throw explained(name, error);
    }
    // It came too late, from a fetch that does not mind its signal: nobody is there to read it.
    if (call.signal.aborted) void discardResponse(response, clock);
    return response;
  };

  const resilient = async (input: FetchInput, init?: RequestInit): Promise<Response> => {
    const exchange = new Exchange(name, input, init);
    const { url, signal, settings: own } = exchange;
    if (url === undefined) return send(input, exchange.init);
    const parent = own.parent ?? currentCall();
    const callers = [signal, parent?.signal].filter((one) => one !== undefined);
    let lifeline: Lifeline | undefined;
    const key = own.key ?? keyOf(url, exchange.init);
    const entry = table.enter(key);
    try {
      const response = await entry.value.run(
        (call) => {
          lifeline = callers.length === 0 ? undefined : new Lifeline(call);
          return attempt(exchange, lifeline, call);
        },
        {
          signal,
          timeoutMs: own.deadlineMs,
          key,
          criticality: own.criticality,
          idempotent: own.idempotent ?? (exchange.idempotent || undefined),
          attributes: exchange.attributes(parent),
          parent,
        },
      );
      lifeline?.handOver(response, callers);
      return response;
    } catch (error) {
      exchange.release(error);
      throw error;
    } finally {
      table.leave(entry);
    }
  };
  snapshots.set(resilient, () => snapshotOfTable(name, table));
  return resilient;
}

/** Keys with a name of their own in events; later ones share `_other`, which bounds the metrics that are made of them. */
const MAX_LABELS = 100;

const snapshots = new WeakMap<typeof fetch, () => FetchSnapshot>();

/** Plain JSON of the present state of a fetch made by {@link resilientFetch}; `undefined` for any other. */
export function snapshotOf(fetch: typeof globalThis.fetch): FetchSnapshot | undefined {
  return snapshots.get(fetch)?.();
}

/** `label` names breaker and bulkhead, unless they have a name. */
function pipelineOf(settings: FetchSettings, label: string): Pipeline {
  const { name, clock, random, timeoutMs, deadlineMs } = settings;
  const policies: Policy[] = [];
  if (deadlineMs !== false) policies.push(deadline({ ms: deadlineMs, clock }));
  if (settings.retry !== false) policies.push(retry({ ...httpRetry(settings.retry, clock), clock, random }));
  if (settings.circuitBreaker !== false)
    policies.push(circuitBreaker({ name: label, ...settings.circuitBreaker, clock, random }));
  if (settings.bulkhead !== false) {
    // A default wait as long as the call may last would never be reached.
    const queueTimeoutMs = deadlineMs === false ? undefined : Math.min(1_000, deadlineMs / 2);
    policies.push(bulkhead({ name: label, queueTimeoutMs, ...settings.bulkhead, clock }));
  }
  if (timeoutMs !== false) policies.push(timeout({ ms: timeoutMs, clock }));
  return pipeline({ name, clock, classify: classifier(clock, settings.classify) }, ...policies);
}

/** `fetch` wraps what its dispatcher throws, also where that is an error of ours; and what undici says of a mismatch helps nobody. */
function explained(name: string, error: unknown): unknown {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return isHoldfastError(cause) ? cause : (explainedMismatch(name, error) ?? error);
}
