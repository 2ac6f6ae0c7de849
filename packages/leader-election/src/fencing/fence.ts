import { ConfigError } from '@holdfast/core';
import { anything, flag, readOptions } from '@holdfast/core/options';
import type { FenceGate } from './fence-gate.ts';
import { fencingToken } from './fencing-token.ts';
import type { ReadableHeaders } from './fencing-token.ts';

export interface FenceOptions<Request = unknown> {
  /** The gate that requests must pass; or a function that finds it, where there is one for each of several elections. */
  readonly gate: FenceGate | ((request: Request) => FenceGate);
  /** Whether a request without a token is refused. @default true: one that forgets it is as dangerous as one that is late */
  readonly required?: boolean;
}

/** How a request is refused. */
export interface FenceRefusal {
  /** 409 for a term that is over, 400 for a token that is none, 428 for none at all. */
  readonly status: 400 | 409 | 428;
  readonly body: FenceRefusalBody;
}

export interface FenceRefusalBody {
  readonly error: 'stale_fencing_token' | 'malformed_fencing_token' | 'missing_fencing_token';
  /** With a stale token: the highest seen, in decimal. */
  readonly highest?: string;
}

const gateAllowed = 'a fence gate, or a function (request) => gate';

const rules = {
  gate: anything<FenceOptions<never>['gate'] | undefined>(gateAllowed, undefined, (value) => {
    return typeof value === 'function' || typeof (value as FenceGate | null)?.admits === 'function';
  }),
  required: flag(true),
};

/** Decides about one request. @returns `undefined` if it may go on. */
export type Fence<Request> = (headers: ReadableHeaders, request: Request) => FenceRefusal | undefined;

/**
 * The check of the header `fencing-token` at the door of a service, for any framework. A request that is let in makes the gate refuse
 * lower tokens from then on.
 * @throws {ConfigError}
 */
export function fence<Request = unknown>(options: FenceOptions<Request>): Fence<Request> {
  const { gate, required } = readOptions('fence', options, rules);
  if (gate === undefined) throw new ConfigError('fence', 'gate', gate, gateAllowed);
  return (headers, request) => {
    const sent = fencingToken.read(headers);
    if (sent.type === 'malformed') return { status: 400, body: { error: 'malformed_fencing_token' } };
    if (sent.type === 'missing') return required ? { status: 428, body: { error: 'missing_fencing_token' } } : undefined;
    // The options' own type says what request their function takes; the rules know only that it is one.
    const found = typeof gate === 'function' ? (gate as (request: Request) => FenceGate)(request) : gate;
    if (found.admits(sent.token)) return undefined;
    return { status: 409, body: { error: 'stale_fencing_token', highest: String(found.highest) } };
  };
}
