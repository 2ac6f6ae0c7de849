import { isHoldfastError } from '@holdfast/core';
import type { Outcome, PolicyCall } from '@holdfast/core';
import { anything, yes } from '@holdfast/core/options';
import type { OptionRule } from '@holdfast/core/options';

type ErrorClass = abstract new (...args: never) => Error;

/** Whether an ending is answered. */
export type Wanted = (error: unknown, outcome: Outcome, call: PolicyCall) => boolean;

/** Which endings are answered: errors of a class, or with a `code` such as `'HOLDFAST_CIRCUIT_OPEN'`; or what a function says. */
export type FallbackFor = ErrorClass | string | readonly (ErrorClass | string)[] | Wanted;

export const aFallbackFor: OptionRule<FallbackFor | undefined> = anything<FallbackFor | undefined>(
  'an error class, a code, a list of these, or a function (error, outcome, call) => boolean',
  undefined,
  (value) => (Array.isArray(value) ? value.length > 0 && value.every(isMatch) : isMatch(value) || typeof value === 'function'),
);

/** @param on is not kept if it is a list. */
export function wantedBy(on: FallbackFor | undefined): Wanted {
  if (on === undefined) return unlessMistaken;
  if (typeof on === 'function' && !isClass(on)) return (error, outcome, call) => yes('on', on(error, outcome, call));
  const matches = Array.isArray(on) ? [...on] : [on];
  return (error) => matches.some((one) => (typeof one === 'string' ? codeOf(error) === one : error instanceof one));
}

/** Neither the caller's mistakes nor those in the options of a policy, such as a `keyOf` that fails at a call. */
const unlessMistaken: Wanted = (error, { kind }) => kind !== 'ignored' && !isHoldfastError(error, 'HOLDFAST_CONFIG');

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;

const isMatch = (value: unknown): boolean => isClass(value) || (typeof value === 'string' && value !== '');

/** A class, be it of another realm's; or a constructor of the old kind for errors. Neither can be called as a predicate. */
function isClass(value: unknown): value is ErrorClass {
  if (typeof value !== 'function') return false;
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false || value.prototype instanceof Error;
}
