/** Where the leases of a store are, as SQL and as people write it. */
export interface LeaseTable {
  /** As it was given, for messages. */
  readonly label: string;
  /** Quoted, for SQL; holds no single quote, so that it may stand in a literal too. */
  readonly table: string;
  /** The sequence that numbers its writes, quoted likewise. It does not belong to the table: numbers go on if that is dropped. */
  readonly sequence: string;
}

export const defaultTable = 'holdfast_leases';

/** Letters a quoted name and a literal can both hold; lengths that PostgreSQL does not cut, with room for the sequence's name. */
const tablePattern = /^(?:[A-Za-z_][\w-]{0,62}\.)?[A-Za-z_][\w-]{0,53}$/;

export const tableAllowed =
  'a table name of at most 54 letters, digits, _ and -, after a schema and a dot if it is not on the search path';

export function isTableName(value: unknown): boolean {
  return typeof value === 'string' && tablePattern.test(value);
}

/** @param name taken as it is written, capitals included, unlike an unquoted name in SQL. */
export function leaseTable(name: string): LeaseTable {
  const quoted = name.split('.').map((part) => `"${part}"`);
  const prefix = quoted.length === 2 ? `${quoted[0]}.` : '';
  const last = quoted.at(-1)!;
  return { label: name, table: prefix + last, sequence: `${prefix}"${last.slice(1, -1)}_revision"` };
}

/**
 * The commands that make the table and its sequence, each to be run by itself; nothing happens where they are.
 *
 * The sequence begins at the milliseconds since 1970, above any number given so far: should both be dropped and made again, tokens
 * still grow, as long as there were not a thousand writes a second. It caches nothing: a session that holds numbers in store gives
 * them out late, behind greater ones of others.
 *
 * `token` is unique so that PostgreSQL takes it for a key: that is what lets the holder renew while its own transactions are fenced
 * (see `fencedBy`). The pages are left half empty, so that renewals find room beside the row and touch no index.
 */
export function tableCommands({ table, sequence }: LeaseTable): readonly [sequence: string, table: string] {
  return [
    `DO $holdfast$ BEGIN
  EXECUTE format('CREATE SEQUENCE IF NOT EXISTS ${sequence} AS bigint START WITH %s CACHE 1 NO CYCLE', ${epochMs});
END $holdfast$`,
    `CREATE TABLE IF NOT EXISTS ${table} (
  name text PRIMARY KEY,
  revision bigint NOT NULL,
  token bigint NOT NULL UNIQUE,
  holder text NOT NULL,
  term_id text NOT NULL,
  renewal bigint NOT NULL,
  duration_ms double precision NOT NULL,
  transitions bigint NOT NULL,
  acquired_at_ms double precision NOT NULL,
  renewed_at_ms double precision NOT NULL,
  rank double precision NOT NULL,
  hand_off_to text NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50)`,
  ];
}

const epochMs = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** What to run where the sequence may have lost numbers it had given: after a restored backup, or a failover that lost writes. */
export function forwardCommand({ sequence }: LeaseTable): string {
  return `SELECT setval('${sequence}', greatest(nextval('${sequence}'), ${epochMs}))`;
}

/**
 * SQL that makes the table of a `postgresLease` and the sequence that numbers its writes, for a migration; it may run again.
 *
 * Electors need `SELECT, INSERT, UPDATE` on the table and `USAGE` on the sequence, `<table>_revision`; transactions that are fenced
 * with `fencedBy` need `SELECT` and `UPDATE`, or `UPDATE` on any one column.
 *
 * After restoring a backup, and after a failover to a replica that may not have had all, have the sequence go on above every token
 * given before: `SELECT setval(s, greatest(nextval(s), (extract(epoch FROM clock_timestamp()) * 1000)::bigint))`, s being
 * `'holdfast_leases_revision'`. Otherwise tokens come a second time, and fences that remember the first let them pass.
 * @param table as the option of the store. @default 'holdfast_leases'
 * @throws {RangeError} for a name that the store does not accept either.
 */
export function leaseTableSql(table: string = defaultTable): string {
  if (!isTableName(table)) throw new RangeError(`leaseTableSql: the table must be ${tableAllowed}, got ${JSON.stringify(table)}`);
  return tableCommands(leaseTable(table))
    .map((command) => `${command};\n`)
    .join('');
}
