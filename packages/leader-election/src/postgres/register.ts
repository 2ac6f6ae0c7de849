import type { Lease, LeaseRecord } from '../lease.ts';
import { parseJson } from '../record-json.ts';
import { LeaseStoreError } from '../store.ts';
import { leaseOf, recordValues } from './columns.ts';
import { backwards } from './faults.ts';
import type { Queries, Query } from './queries.ts';
import type { Statements } from './statements.ts';

const forever = new AbortController().signal;

/** Reads and writes the rows of leases. */
export class Register {
  readonly #queries: Queries;
  readonly #statements: Statements;
  readonly #lockTimeoutMs: string;

  constructor(queries: Queries, statements: Statements, lockTimeoutMs: number) {
    this.#queries = queries;
    this.#statements = statements;
    this.#lockTimeoutMs = String(lockTimeoutMs);
  }

  async read(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    const doing = `read lease '${name}'`;
    const query = { text: this.#statements.read, values: [name], doing, writes: false };
    const { replica, lease } = await this.#queries.row(query, signal);
    // PostgreSQL has failed by now; what only speaks like it may not have.
    if (replica !== null)
      throw this.#error(doing, 'unreachable', 'the server is a replica, and may be behind. Connect to the primary');
    return this.#leaseIn(lease, doing, false);
  }

  async write(name: string, seen: Lease | undefined, next: LeaseRecord, signal: AbortSignal): Promise<Lease | undefined> {
    const query = this.#writeQuery(name, seen, next);
    const { drawn, lease } = await this.#queries.row(query, signal);
    if (lease === null && seen !== undefined && BigInt(drawn as string) <= seen.revision) {
      throw this.#error(query.doing, 'invalid', backwards(this.#queries.table));
    }
    return this.#leaseIn(lease, query.doing, true);
  }

  #writeQuery(name: string, seen: Lease | undefined, next: LeaseRecord): Query {
    const { create, renew, begin } = this.#statements;
    const doing = `write lease '${name}'`;
    const values = [...recordValues(name, next), this.#lockTimeoutMs];
    if (seen === undefined) return { text: create, values, doing, writes: true };
    const sameTerm = next.termId === seen.termId;
    const prolongs = !sameTerm || next.renewal !== seen.renewal;
    values.push(String(seen.revision), mustHaveExpired(seen, next), prolongs);
    return { text: sameTerm ? renew : begin, values, doing, writes: true };
  }

  /** The channel on which writes are told. */
  async channel(): Promise<string> {
    const query = { text: this.#statements.channel, values: [], doing: 'listen for leases', writes: false };
    const { channel } = await this.#queries.row(query, forever);
    return channel as string;
  }

  /** Of a row that the statement says there is. */
  #leaseIn(told: unknown, doing: string, mayBeWritten: boolean): Lease | undefined {
    if (told === null) return undefined;
    const text = typeof told === 'string' ? told : typeof told;
    const lease = leaseOf(parseJson(text));
    if (lease !== undefined) return lease;
    const what = `the row is not a lease: ${text}. Delete it, and an elector will make another`;
    throw this.#error(doing, 'invalid', what, mayBeWritten);
  }

  #error(doing: string, fault: 'invalid' | 'unreachable', what: string, mayBeWritten = false): LeaseStoreError {
    return new LeaseStoreError(`postgresLease: could not ${doing} in ${this.#queries.table.label}: ${what}`, {
      fault,
      mayBeWritten,
    });
  }
}

/** Taking a lease from another elector needs the database's clock on one's side; renewing, releasing and taking over from oneself do not. */
function mustHaveExpired(seen: Lease, next: LeaseRecord): boolean {
  if (next.termId === seen.termId || next.holder === '' || seen.holder === '') return false;
  return electorOf(next.termId) !== electorOf(seen.termId);
}

/** A term is `<electorId>.<counter>`. */
function electorOf(termId: string): string {
  const dot = termId.lastIndexOf('.');
  return dot < 0 ? termId : termId.slice(0, dot);
}
