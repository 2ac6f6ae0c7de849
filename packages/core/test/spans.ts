import { SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import { subscribe } from '../src/index.ts';
import type { HoldfastEvent, OutcomeKind } from '../src/index.ts';

/** The spans of one call that have not ended. */
interface CallSpans {
  readonly call: Span;
  readonly inCall: Context;
  /** Its attempts, and its waits by policy and attempt. */
  readonly inside: Map<string, Span>;
}

/**
 * Turns the events of every pipeline into spans: one for each call, below whatever span its caller has active; below it one for each
 * wait in a queue and each attempt; and what an attempt starts itself lies below the attempt. All other events of a call, such as a
 * retry or a fallback, become events of its span.
 * @returns a function that ends it.
 */
export function traceCalls(tracer: Tracer): () => void {
  const calls = new Map<number, CallSpans>();

  const begin = ({ callId = 0, at: startTime }: HoldfastEvent, name: string, key: string = name): void => {
    const spans = calls.get(callId);
    spans?.inside.set(key, tracer.startSpan(name, { startTime }, spans.inCall));
  };
  const finish = ({ callId = 0, at }: HoldfastEvent, key: string, kind?: OutcomeKind, error?: unknown): void => {
    const spans = calls.get(callId);
    const span = spans?.inside.get(key);
    spans?.inside.delete(key);
    if (span !== undefined) end(span, at, kind, error);
  };

  const listener = (event: HoldfastEvent): void => {
    switch (event.type) {
      case 'call.started': {
        const call = tracer.startSpan(event.pipeline, { startTime: event.at });
        calls.set(event.callId, { call, inCall: trace.setSpan(context.active(), call), inside: new Map() });
        return;
      }
      case 'call.finished': {
        const spans = calls.get(event.callId);
        if (spans !== undefined) end(spans.call, event.at, event.kind, event.error);
        return void calls.delete(event.callId);
      }
      case 'attempt.started':
        return begin(event, `attempt ${event.attempt}`);
      case 'attempt.finished':
        return finish(event, `attempt ${event.attempt}`, event.kind, event.error);
      case 'call.queued':
        return begin(event, `wait for ${event.policy}`, `${event.policy} ${event.attempt}`);
      case 'call.dequeued':
        return finish(event, `${event.policy} ${event.attempt}`);
      default:
        calls.get(event.callId ?? 0)?.call.addEvent(event.type, plain(event), event.at);
    }
  };

  return subscribe(listener, {
    around(call, run) {
      const attempt = calls.get(call.id)?.inside.get(`attempt ${call.attempt}`);
      return attempt === undefined ? run() : context.with(trace.setSpan(context.active(), attempt), run);
    },
  });
}

function end(span: Span, at: number, kind?: OutcomeKind, error?: unknown): void {
  if (kind !== undefined) span.setAttribute('holdfast.outcome', kind);
  if (error !== undefined) {
    const cause = error instanceof Error ? error : new Error('thrown without an Error', { cause: error });
    span.recordException(cause, at);
    span.setStatus({ code: SpanStatusCode.ERROR, message: cause.message });
  }
  span.end(at);
}

const plain = (event: HoldfastEvent): Attributes =>
  Object.fromEntries(Object.entries(event).filter(([, fact]) => ['string', 'number', 'boolean'].includes(typeof fact)));
