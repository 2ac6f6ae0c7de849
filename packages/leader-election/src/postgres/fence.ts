import { defaultTable, isTableName, leaseTable, tableAllowed } from './table.ts';

/** A term, by the name of its lease and its fencing token. */
export interface FencedTerm {
  readonly name: string;
  readonly token: bigint;
}

export interface FenceOptions {
  /** As the option of the store. @default 'holdfast_leases' */
  readonly table?: string;
  /** Number of the first of the two parameters: above 1 where the text becomes part of a statement that has others. @default 1 */
  readonly firstParameter?: number;
}

/** For `client.query(…)`. */
export interface FenceQuery {
  readonly text: string;
  readonly values: string[];
}

/**
 * A query that ties the transaction it runs in to a term: it gives one row while the term holds the lease, and none once it is over.
 * Without a row, do not commit. With one, nobody begins another term before this transaction has ended, however long this process is
 * paused in between; so whatever the transaction writes in this database is written by the leader.
 *
 *     await client.query('BEGIN');
 *     const { rows } = await client.query(fencedBy({ name: 'billing', token: term.token }));
 *     if (rows.length === 0) throw new Error('not the leader any more');   // and release the client with an error, which closes it
 *     await client.query('UPDATE …');
 *     await client.query('COMMIT');
 *
 * Or as a part of one statement: `WITH fence AS MATERIALIZED (…) UPDATE … WHERE … AND EXISTS (SELECT FROM fence)`.
 *
 * It locks the lease's row FOR KEY SHARE. Renewals do not wait for that, since they leave the key alone; beginning another term,
 * releasing, and deleting the lease change the token, which is a key, and wait. (FOR SHARE would hold up the holder's own renewals,
 * and its leadership would lapse in the midst of its own long transaction.) Whoever waits gives up after the store's
 * `lockTimeoutMs`, having written nothing, and tries again. So **a transaction that never ends holds up the next leader**: set
 * `idle_in_transaction_session_timeout` (and, from PostgreSQL 17, `transaction_timeout`) for these connections to no more than the
 * lease duration, and TCP keepalives, for a machine that vanished.
 *
 * Under READ COMMITTED it may stand anywhere in the transaction. Under REPEATABLE READ and SERIALIZABLE **put it first**, or at least
 * within the lease duration of the first query: there it sees the lease as it was at that query, and gives no row once that has
 * expired, though the holder has renewed it since. It does not err the other way: where another term has begun since that query, it
 * fails with 40001, or gives no row.
 *
 * In another database, or where a lock is too much, let the rows remember: give the table a column `fence bigint NOT NULL DEFAULT 0`,
 * and have each write say `UPDATE … SET fence = $token, … WHERE id = $1 AND fence <= $token`. No row changed: a later term has been
 * here. That protects each row from the moment a later leader has written *it*, and does not keep two leaders from working on
 * different rows; nor does it see a term that has run out before another began.
 * @throws {RangeError} for a table name or a parameter number that cannot be.
 */
export function fencedBy(
  { name, token }: FencedTerm,
  { table = defaultTable, firstParameter = 1 }: FenceOptions = {},
): FenceQuery {
  if (!isTableName(table)) throw new RangeError(`fencedBy: the table must be ${tableAllowed}, got ${JSON.stringify(table)}`);
  if (!Number.isSafeInteger(firstParameter) || firstParameter < 1) {
    throw new RangeError(`fencedBy: firstParameter must be a whole number of at least 1, got ${firstParameter}`);
  }
  return { text: fenceSql(leaseTable(table).table, firstParameter), values: [name, String(token)] };
}

function fenceSql(table: string, first: number): string {
  return `SELECT token FROM ${table} WHERE name = $${first}::text AND token = $${first + 1}::bigint
  AND holder <> '' AND expires_at > clock_timestamp() FOR KEY SHARE`;
}
