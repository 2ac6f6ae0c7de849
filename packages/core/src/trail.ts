import { NO_DECISIONS } from './decision.ts';
import type { Decision } from './decision.ts';
import { HoldfastError, isHoldfastError } from './errors.ts';

/** Decisions a trail keeps: the first, which say how it began, and the latest. One retried for hours must not fill the memory. */
const FIRST_KEPT = 4;
const LATEST_KEPT = 11;

/** The decisions about one call, in their order. */
export class Trail {
  readonly #first: Decision[] = [];
  readonly #latest: Decision[] = [];
  #omitted: number = 0;
  #lastOmitted: Decision | undefined = undefined;

  add(decision: Decision): void {
    if (this.#first.length < FIRST_KEPT) {
      this.#first.push(decision);
      return;
    }
    this.#latest.push(decision);
    if (this.#latest.length <= LATEST_KEPT) return;
    this.#lastOmitted = this.#latest.shift();
    this.#omitted++;
  }

  toArray(): readonly Decision[] {
    if (this.#lastOmitted === undefined) return [...this.#first, ...this.#latest];
    const reason = `${this.#omitted} decisions`;
    return [...this.#first, { ...this.#lastOmitted, did: 'omitted', reason, ms: undefined }, ...this.#latest];
  }
}

/** Trails of errors that are not ours, which are passed on as they are. */
const trails = new WeakMap<object, readonly Decision[]>();

/**
 * What holdfast's policies did about the call that ended with this error: whom it waited for, who refused it, how often and why it
 * was retried. Empty when they did nothing. An error object that ends several calls has the trail of the last.
 */
export function trailOf(error: unknown): readonly Decision[] {
  const own = known(error);
  if (own !== undefined) return own;
  const foreign = isHoldfastError(error) ? error.trail : undefined; // of another copy of the package
  return Array.isArray(foreign) ? foreign : NO_DECISIONS;
}

function known(error: unknown): readonly Decision[] | undefined {
  if (error instanceof HoldfastError) return error.trail;
  return typeof error === 'object' && error !== null ? trails.get(error) : undefined;
}

/** Gives the error that ends a call its trail, in place of that of an earlier call that ended with it. */
export function leaveTrail(error: unknown, trail: readonly Decision[] | undefined): void {
  if (trail !== undefined) setTrail(error, trail);
  else if ((known(error) ?? NO_DECISIONS) !== NO_DECISIONS) setTrail(error, NO_DECISIONS);
}

/** A primitive that was thrown cannot have one. */
function setTrail(error: unknown, trail: readonly Decision[]): void {
  if (error instanceof HoldfastError) Reflect.set(error, 'trail', trail); // which a frozen one does not mind
  else if (typeof error === 'object' && error !== null) trails.set(error, trail);
}

/** How a decision names what it is about: a word as it is, an error by its code, or else its name. */
export function reasonOf(about: unknown): string | undefined {
  if (typeof about === 'string' || about === undefined) return about;
  try {
    const { code, name } = about as { code?: unknown; name?: unknown };
    return [code, name].find((word) => typeof word === 'string');
  } catch {
    return undefined; // null, or an error that will not be read
  }
}
