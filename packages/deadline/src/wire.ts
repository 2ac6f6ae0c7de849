import type { Criticality } from '@holdfast/core';

/** Anything to look a header up in: `Headers`, a Map, or Node's plain object of lower-case names. */
export type HeaderSource = { get(name: string): string | null | undefined } | Readonly<Record<string, string | string[] | undefined>>;

export const DEADLINE_HEADER = 'x-holdfast-deadline-ms';
export const CLASS_HEADER = 'x-holdfast-class';
export const ATTEMPT_HEADER = 'x-holdfast-attempt';

/** What a deadline header said: milliseconds left, or that it could not be read. */
export interface WireDeadline {
  readonly header: string;
  /** Milliseconds the sender has left; `undefined` when the value is malformed, which is to be counted and otherwise ignored. */
  readonly ms: number | undefined;
}

/** In the order in which they are believed; the first header that is there decides, well-formed or not. */
const DEADLINE_FORMS: readonly { readonly header: string; readonly parse: (value: string) => number | undefined }[] = [
  { header: DEADLINE_HEADER, parse: wholeMs },
  { header: 'connect-timeout-ms', parse: wholeMs },
  { header: 'grpc-timeout', parse: grpcMs },
  { header: 'x-envoy-expected-rq-timeout-ms', parse: wholeMs },
];

/**
 * Reads how much time the caller has left: our own header, Connect's, gRPC's or Envoy's. Times are relative, so no clocks need to
 * agree; what the way here took is lost. It may only shorten what is allowed anyway.
 */
export function readDeadline(headers: HeaderSource): WireDeadline | undefined {
  for (const { header, parse } of DEADLINE_FORMS) {
    const value = lookUp(headers, header);
    if (value !== undefined) return { header, ms: parse(value.trim()) };
  }
  return undefined;
}

/** Reads the class a caller gives its request; anything else than the four names is no class. */
export function readCriticality(headers: HeaderSource): Criticality | undefined {
  const value = lookUp(headers, CLASS_HEADER)?.trim().toLowerCase();
  return CLASSES.find((name) => name === value);
}

/** Reads which attempt of the caller's this is, 1 for the first. */
export function readAttempt(headers: HeaderSource): number | undefined {
  const value = lookUp(headers, ATTEMPT_HEADER)?.trim();
  return value !== undefined && /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : undefined;
}

/** For `x-holdfast-deadline-ms`: whole milliseconds, rounded down so that nobody is promised more than there is. */
export function formatDeadline(remainingMs: number): string | undefined {
  return remainingMs === Number.POSITIVE_INFINITY ? undefined : String(Math.max(0, Math.floor(remainingMs)));
}

/** For `grpc-timeout`: at most 8 digits, in the finest unit that holds it, rounded up as gRPC does. */
export function formatGrpcTimeout(remainingMs: number): string | undefined {
  if (remainingMs === Number.POSITIVE_INFINITY) return undefined;
  for (const [unit, unitMs] of GRPC_UNITS) {
    const units = Math.ceil(Math.max(0, remainingMs) / unitMs);
    if (units <= 99_999_999) return `${units}${unit}`;
  }
  return undefined;
}

const CLASSES: readonly Criticality[] = ['critical_plus', 'critical', 'sheddable_plus', 'sheddable'];

const GRPC_UNITS: readonly (readonly [string, number])[] = [
  ['n', 1e-6],
  ['u', 1e-3],
  ['m', 1],
  ['S', 1_000],
  ['M', 60_000],
  ['H', 3_600_000],
];

function wholeMs(value: string): number | undefined {
  return /^[0-9]{1,10}$/.test(value) ? Number(value) : undefined;
}

function grpcMs(value: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(value) ?? [];
  const unitMs = GRPC_UNITS.find(([name]) => name === unit)?.[1];
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}

function lookUp(headers: HeaderSource, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const value = (headers as Readonly<Record<string, string | string[] | undefined>>)[name];
  return Array.isArray(value) ? value[0] : value;
}
