import { LeaseStoreError } from '../store.ts';
import type { PostgresPool } from './client.ts';
import { creationError, stateOf, storeError } from './faults.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { tableCommands } from './table.ts';
import type { LeaseTable } from './table.ts';

export interface QueriesOptions {
  readonly pool: PostgresPool;
  readonly table: LeaseTable;
  readonly createTable: boolean;
}

export interface Query {
  readonly text: string;
  readonly values: unknown[];
  /** Completes "could not …". */
  readonly doing: string;
  readonly writes: boolean;
}

type Row = Readonly<Record<string, unknown>>;

/** The table may be there already, or be made by another at this moment: `IF NOT EXISTS` looks before, and not again while it makes. */
const madeByOthers = new Set(['23505', '42710', '42P07']);

/** Sends statements that answer with one row, and says what went wrong with them. */
export class Queries {
  readonly table: LeaseTable;
  readonly #pool: PostgresPool;
  readonly #createTable: boolean;

  constructor({ pool, table, createTable }: QueriesOptions) {
    this.#pool = pool;
    this.table = table;
    this.#createTable = createTable;
  }

  /** @throws {LeaseStoreError} */
  row(query: Query, signal: AbortSignal): Promise<Row> {
    const { doing, writes } = query;
    const givenUp = (mayBeWritten: boolean, when: string): LeaseStoreError =>
      new LeaseStoreError(`postgresLease: could not ${doing} in ${this.table.label}: given up ${when}`, {
        ...{ fault: 'unreachable', mayBeWritten, cause: signal.reason },
      });
    if (signal.aborted) return Promise.reject(givenUp(false, 'before it was sent'));
    return unlessAborted(this.#row(query, signal), signal, () => givenUp(writes, 'waiting for the answer'));
  }

  async #row(query: Query, signal: AbortSignal): Promise<Row> {
    try {
      return await this.#send(query);
    } catch (error) {
      if (!this.#createTable || stateOf(error) !== '42P01' || signal.aborted) throw this.#errorOf(query, error);
    }
    await this.#makeTable();
    signal.throwIfAborted(); // nobody waits for the answer, and nothing more is to be written
    return this.#send(query).catch((error: unknown) => {
      throw this.#errorOf(query, error);
    });
  }

  async #send({ text, values }: Query): Promise<Row> {
    const { rows } = await this.#pool.query(text, values);
    return rows[0] as Row; // each statement of ours gives exactly one
  }

  async #makeTable(): Promise<void> {
    for (const command of tableCommands(this.table)) {
      try {
        await this.#pool.query(command, []);
      } catch (error) {
        if (!madeByOthers.has(stateOf(error))) throw creationError(this.table, error);
      }
    }
  }

  #errorOf({ doing, writes }: Query, error: unknown): LeaseStoreError {
    return storeError(doing, this.table, error, writes);
  }
}
