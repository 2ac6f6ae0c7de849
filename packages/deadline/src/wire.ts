import type { Criticality } from '@holdfast/core';

/** Anything to look a header up in: `Headers`, or a Map or plain object (Node's) of lower-case names. */
export type HeaderSource =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | string[] | undefined>>;

export const DEADLINE_HEADER = 'x-holdfast-deadline-ms';
export const CLASS_HEADER = 'x-holdfast-class';
export const ATTEMPT_HEADER = 'x-holdfast-attempt';

/** What the deadline headers of a request said. */
export interface WireDeadline {
  /** The header that was believed; `undefined` when none could be read. */
  readonly header: string | undefined;
  /** Milliseconds the sender has left, at least 0; `undefined` when none could be read. */
  readonly ms: number | undefined;
  /** Headers that should have been believed first but could not be read: to be counted, and otherwise ignored. */
  readonly malformed: readonly string[];
}

/** In the order in which they are believed. */
const DEADLINE_FORMS: readonly { readonly header: string; readonly parse: (value: string) => number | undefined }[] = [
  { header: DEADLINE_HEADER, parse: wholeMs },
  { header: 'connect-timeout-ms', parse: wholeMs },
  { header: 'grpc-timeout', parse: grpcMs },
  { header: 'x-envoy-expected-rq-timeout-ms', parse: wholeMs },
];

/**
 * Reads how much time the caller has left: from our own header, Connect's, gRPC's or Envoy's, the first that can be read. Times are
 * relative, so no clocks need to agree; what the way here took is lost. The answer may only shorten what is allowed anyway, for
 * anybody can send it. A header that was sent twice is malformed: nobody can say which one was meant.
 */
export function readDeadline(headers: HeaderSource): WireDeadline | undefined {
  const malformed: string[] = [];
  for (const { header, parse } of DEADLINE_FORMS) {
    const value = lookUp(headers, header);
    if (value === undefined) continue;
    const ms = parse(value);
    if (ms !== undefined) return { header, ms, malformed };
    malformed.push(header);
  }
  return malformed.length === 0 ? undefined : { header: undefined, ms: undefined, malformed };
}

/** Reads the class a caller gives its request; anything else than the four names is no class. */
export function readCriticality(headers: HeaderSource): Criticality | undefined {
  const value = lookUp(headers, CLASS_HEADER)?.toLowerCase();
  return CLASSES.find((name) => name === value);
}

/** Reads which attempt of the caller's this is, from 1 to 99 999; `undefined` when it does not say so. */
export function readAttempt(headers: HeaderSource): number | undefined {
  const value = lookUp(headers, ATTEMPT_HEADER);
  return value !== undefined && /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : undefined;
}

/**
 * For `x-holdfast-deadline-ms`: whole milliseconds, rounded down so that nobody is promised more than there is; at most the ten
 * digits that are read, 115 days. `undefined`, so no header, when nothing limits the call.
 */
export function formatDeadline(remainingMs: number): string | undefined {
  if (!(remainingMs < Number.POSITIVE_INFINITY)) return undefined; // nor for NaN
  return String(Math.min(Math.max(0, Math.floor(remainingMs)), 9_999_999_999));
}

/**
 * For `grpc-timeout`: at most 8 digits, in the finest unit that holds it, rounded up as gRPC does. `undefined`, so no header, when
 * nothing limits the call, or for a time that has no such form (11 000 years).
 */
export function formatGrpcTimeout(remainingMs: number): string | undefined {
  const ns = Math.max(0, remainingMs * NS_PER_MS);
  for (const [unit, unitNs] of GRPC_UNITS) {
    const units = Math.ceil(ns / unitNs);
    if (units <= 99_999_999) return `${units}${unit}`;
  }
  return undefined;
}

const CLASSES: readonly Criticality[] = ['critical_plus', 'critical', 'sheddable_plus', 'sheddable'];

const NS_PER_MS = 1e6;
/** Finest first, in nanoseconds: whole numbers, so that whole milliseconds come out as they went in. */
const GRPC_UNITS: readonly (readonly [unit: string, unitNs: number])[] = [
  ['n', 1],
  ['u', 1e3],
  ['m', 1e6],
  ['S', 1e9],
  ['M', 60e9],
  ['H', 3600e9],
];

function wholeMs(value: string): number | undefined {
  return /^[0-9]{1,10}$/.test(value) ? Number(value) : undefined;
}

function grpcMs(value: string): number | undefined {
  const [, digits, letter] = /^([0-9]{1,8})([HMSmun])$/.exec(value) ?? [];
  const unitNs = GRPC_UNITS.find(([unit]) => unit === letter)?.[1];
  return unitNs === undefined ? undefined : (Number(digits) * unitNs) / NS_PER_MS;
}

/** The value without blanks around it. One that was sent more than once comes as `Headers` and Node give it, joined by commas. */
function lookUp(headers: HeaderSource, name: string): string | undefined {
  const value =
    typeof headers.get === 'function'
      ? headers.get(name)
      : (headers as Readonly<Record<string, string | string[] | undefined>>)[name];
  return (Array.isArray(value) ? value.join(', ') : (value ?? undefined))?.trim();
}
