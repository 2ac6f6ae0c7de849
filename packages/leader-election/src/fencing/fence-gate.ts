import { anything, readOptions, text } from '@holdfast/core/options';
import { StaleTokenError } from './stale-token-error.ts';

export interface FenceGateOptions {
  /** For errors and snapshots. @default 'fenceGate' */
  readonly name?: string;
  /** The highest token seen so far, where that is kept somewhere: lower ones are refused from the start. @default 0n: none is */
  readonly highest?: bigint;
}

export interface FenceGateSnapshot {
  readonly kind: 'fenceGate';
  readonly name: string;
  /** In decimal, for JSON has no number that is long enough. */
  readonly highest: string;
  /** Tokens let in since the gate was made. */
  readonly admitted: number;
  readonly refused: number;
}

/** Where a resource asks whether a write comes from the present leader. */
export interface FenceGate {
  readonly name: string;
  /** The highest token let in so far. */
  readonly highest: bigint;
  /** Whether no higher token was here before. From then on, lower ones are refused. @throws {TypeError} if it is no token. */
  admits(token: bigint): boolean;
  /** As `admits`, for where a refusal is an exception. @throws {StaleTokenError} @throws {TypeError} if it is no token. */
  check(token: bigint): void;
  snapshot(): FenceGateSnapshot;
}

const rules = {
  name: text('fenceGate'),
  highest: anything<bigint>('a bigint of at least 0n', 0n, isToken),
};

/**
 * Lets in the writes of the present leader and refuses those of leaders before it, by their fencing tokens: the resource's half of
 * fencing. A leader that was paused, or cut off, and does not know yet that another has taken over, is refused as soon as the other's
 * first write was here. Equal tokens are the same term.
 *
 * One gate for everything an election leads is best: a term that is over is over for all of it.
 *
 * It is in the memory of this process. It does not know what other instances have seen, nor what was seen before a restart unless
 * `highest` says so; and a write that was let in and takes its time may still end after a later term's. Where the data has a store with
 * transactions, compare there, in the same transaction. With none, call `check` once more right before what cannot be undone.
 *
 * Tokens are compared as numbers: only those of one election, kept in one store, belong into one gate. And whoever can present a token
 * can lock the leader out with a high one: ask who it is first.
 * @see Kleppmann, How to do distributed locking (2016), for the idea
 * @throws {ConfigError}
 */
export function fenceGate(options: FenceGateOptions = {}): FenceGate {
  const { name, highest } = readOptions('fenceGate', options, rules);
  return new Gate(name, highest);
}

class Gate implements FenceGate {
  readonly name: string;
  #highest: bigint;
  #admitted = 0;
  #refused = 0;

  constructor(name: string, highest: bigint) {
    this.name = name;
    this.#highest = highest;
  }

  get highest(): bigint {
    return this.#highest;
  }

  admits(token: bigint): boolean {
    // A number would pass for one, and be another: from 2^53 on, two terms would have the same.
    if (!isToken(token))
      throw new TypeError(`${this.name}: a fencing token is a bigint of at least 0n, got ${typeof token} ${String(token)}`);
    if (token < this.#highest) {
      this.#refused += 1;
      return false;
    }
    this.#highest = token;
    this.#admitted += 1;
    return true;
  }

  check(token: bigint): void {
    if (!this.admits(token)) throw new StaleTokenError(this.name, token, this.#highest);
  }

  snapshot(): FenceGateSnapshot {
    const { name } = this;
    return { kind: 'fenceGate', name, highest: String(this.#highest), admitted: this.#admitted, refused: this.#refused };
  }
}

function isToken(value: unknown): boolean {
  return typeof value === 'bigint' && value >= 0n;
}
