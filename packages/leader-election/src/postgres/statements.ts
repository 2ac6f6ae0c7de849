import type { LeaseRecord } from '../lease.ts';
import { columns } from './columns.ts';
import type { LeaseTable } from './table.ts';

export interface Statements {
  /** Of $1. Gives `lease`, and `replica`, null on a primary. On a replica it fails with 25006. */
  readonly read: string;
  /** Of a record. Gives `drawn` and, if there was none, `lease`. */
  readonly create: string;
  /** Of a record over the revision seen, within the same term. Gives `drawn` and, if it was as seen, `lease`. */
  readonly renew: string;
  /** The same, into another term, or out of one. */
  readonly begin: string;
  /** Gives the `channel` on which writes are told. */
  readonly channel: string;
}

/** Parameters: the name, the record from $2 on, then these. */
const values = columns.map(({ type }, index) => `$${index + 2}::${type}`);
const valueOf = (field: keyof LeaseRecord): string => values[columns.findIndex((column) => column.field === field)]!;
const [lockTimeoutMs, seenRevision, onlyIfExpired, prolongs] = ['text', 'bigint', 'boolean', 'boolean'].map(
  (type, index) => `$${values.length + 2 + index}::${type}`,
);

const expiry = `clock_timestamp() + CASE WHEN ${valueOf('holder')} = '' THEN interval '0'
    ELSE make_interval(secs => ${valueOf('durationMs')} / 1000) END`;

/** A row as JSON text, which no type parser of a client touches; revisions are text inside, being beyond a double. */
const fields = `'revision', l.revision::text, ${columns.map(({ field, column }) => `'${field}', l.${column}`).join(', ')}`;
const remainingMs = `CASE WHEN l.holder = '' THEN 0 ELSE greatest(0, extract(epoch FROM l.expires_at - clock_timestamp()) * 1000) END`;
const asLease = `json_build_object(${fields}, 'remainingMs', (${remainingMs})::double precision)::text`;
const asNotice = `json_build_object('name', l.name, ${fields})::text`;

const channelOf = (oid: string): string => `'holdfast_lease_' || ${oid}::text`;

/**
 * The statements of a store. Each is a transaction of its own, and every write one statement:
 *
 * 1. `settings` hold for this transaction only, so that they pass through poolers: how long to wait for a lock, and that the write is
 *    durable before it is answered, whatever the connection is set to (`remote_apply` stays, being more).
 * 2. `ordered` takes an advisory lock for the length of the transaction, shared to change a row, alone to create one.
 * 3. `drawn` takes the next number of the sequence.
 * 4. `written` writes, if the row is as seen. It is not the snapshot that decides: under READ COMMITTED an UPDATE waits for whoever
 *    changes the row, and then tests its condition anew.
 *
 * **Revisions grow in the order of commits.** A change draws its number after its writer was told the one it writes over, and the
 * sequence never gives a smaller one later: so each number that replaces another is greater, whatever waits in between. A creation
 * replaces none; were it to stall between 3 and 4, the lease could be created, renewed and deleted by others meanwhile, and its
 * number be the smaller one. So nobody else draws a number for this name while a creation has one that is not committed yet, and it
 * draws none while others have. Deleting needs no number and may happen at any time.
 */
export function statementsFor({ table, sequence }: LeaseTable, notify: boolean): Statements {
  const write = (lock: string, written: string): string => `
WITH settings AS MATERIALIZED (
  SELECT set_config('lock_timeout', ${lockTimeoutMs}, true), set_config('synchronous_commit', ${durable}, true)
), ordered AS MATERIALIZED (
  SELECT ${lock}(${lockClass}, hashtext($1::text)) FROM settings
), drawn AS MATERIALIZED (
  SELECT nextval('${sequence}') AS revision FROM ordered
), written AS (
  ${written}
  RETURNING ${asLease} AS lease, ${asNotice} AS notice, ${channelOf('l.tableoid')} AS channel
)
SELECT drawn.revision::text AS drawn, written.lease${notify ? told : ''}
FROM drawn LEFT JOIN written ON true`;
  const change = (token: string): string =>
    write(
      'pg_advisory_xact_lock_shared',
      `UPDATE ${table} AS l
  SET revision = drawn.revision, ${token}${columns.map(({ column }, index) => `${column} = ${values[index]}`).join(', ')},
    expires_at = CASE WHEN ${prolongs} THEN ${expiry} ELSE l.expires_at END
  FROM drawn
  WHERE l.name = $1 AND l.revision = ${seenRevision} AND drawn.revision > l.revision
    AND (NOT ${onlyIfExpired} OR l.expires_at <= clock_timestamp())`,
    );
  return {
    read: `SELECT ${failsOnReplica} AS replica, (SELECT ${asLease} FROM ${table} AS l WHERE l.name = $1::text) AS lease`,
    create: write(
      'pg_advisory_xact_lock',
      `INSERT INTO ${table} AS l (name, revision, token, ${columns.map(({ column }) => column).join(', ')}, expires_at)
  SELECT $1, drawn.revision, drawn.revision, ${values.join(', ')}, ${expiry}
  FROM drawn
  ON CONFLICT (name) DO NOTHING`,
    ),
    renew: change(''),
    begin: change('token = drawn.revision, '),
    channel: `SELECT ${channelOf(`'${table}'::regclass::oid`)} AS channel`,
  };
}

/** Numbers the advisory locks of leases apart from others': "hold" in ASCII. */
const lockClass = 0x68_6f_6c_64;

/**
 * An error, and not a row that says so: a pool discards the connection then, and its name is looked up anew. A healthy connection would
 * go back to the pool, and every read to the replica. Of the functions that refuse to run there, this one needs no right.
 */
const failsOnReplica = 'CASE WHEN pg_is_in_recovery() THEN txid_current() END';

const durable = `CASE WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
    THEN 'on' ELSE current_setting('synchronous_commit') END`;

/** Sent at the commit and only then; what is longer than PostgreSQL carries becomes a hint to read. */
const told = `,
  CASE WHEN written.notice IS NOT NULL
    THEN pg_notify(written.channel, CASE WHEN octet_length(written.notice) < 8000 THEN written.notice ELSE '' END) END AS told`;
