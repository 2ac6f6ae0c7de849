import { LeaseStoreError } from '../store.ts';
import type { StoreFault } from '../store.ts';
import { forwardCommand } from './table.ts';
import type { LeaseTable } from './table.ts';

interface Meaning {
  readonly fault: StoreFault;
  /** Nothing can have been written: the statement was undone, or never began. */
  readonly undone: boolean;
  readonly advice?: Advice;
}

/** What to do about it, or what it means. */
type Advice = (table: LeaseTable) => string;

const replica =
  'this server takes no writes: it is a replica, or set to read only (default_transaction_read_only). Connect to the primary';

const byState: Readonly<Record<string, Meaning>> = {
  '08001': { fault: 'unreachable', undone: true },
  '08004': { fault: 'unreachable', undone: true },
  '23505': { fault: 'invalid', undone: true, advice: (table) => backwards(table) },
  '25006': { fault: 'unreachable', undone: true, advice: () => replica },
  '3D000': { fault: 'invalid', undone: true },
  '3F000': { fault: 'invalid', undone: true, advice: ({ label }) => `the schema of ${label} must be made first` },
  '40003': { fault: 'unreachable', undone: false },
  '42501': {
    fault: 'forbidden',
    undone: true,
    advice: ({ table, sequence }) =>
      `grant it: GRANT SELECT, INSERT, UPDATE ON ${table} TO …; GRANT USAGE ON SEQUENCE ${sequence} TO …; ` +
      'and USAGE on its schema, if that is what is denied',
  },
  '42703': {
    fault: 'invalid',
    undone: true,
    advice: ({ label }) => `${label} is not a table of leases, or not of this version: give another \`table\``,
  },
  '42883': { fault: 'invalid', undone: true, advice: () => 'PostgreSQL 12 or later is needed' },
  '42P01': {
    fault: 'invalid',
    undone: true,
    advice: ({ label }) =>
      `run the SQL that leaseTableSql('${label}') gives, or set \`createTable: true\`; if it is there, look at the database and the search_path`,
  },
  '53300': { fault: 'throttled', undone: true },
  '54000': {
    fault: 'invalid',
    undone: true,
    advice: () => 'if the queue of notifications is full, some listener sits in a long transaction; `notify: false` does without',
  },
  '55P03': {
    fault: 'throttled',
    undone: true,
    advice: () => 'transactions fenced by the present term have not ended yet, or others are writing this lease',
  },
  '57014': { fault: 'unreachable', undone: true },
  '57P03': { fault: 'unreachable', undone: true },
};

/** Classes of SQLSTATE in which a statement is undone; of others, such as 08 and 57, it may have been committed. */
const undoneClasses = new Set('0A 0B 0L 0P 20 21 22 23 25 28 2B 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 P0'.split(' '));

/** Classes that no retry mends. */
const invalidClasses = new Set('0A 22 23 2F 38 39 42 44 P0'.split(' '));

/** Errors of Node's sockets from before there was a connection. */
const unconnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT']);

/**
 * What an error of the client means.
 * @param doing completes "could not …".
 * @param writing whether something may have been written at all.
 * @param instead of the usual advice.
 */
export function storeError(
  doing: string,
  table: LeaseTable,
  error: unknown,
  writing: boolean,
  instead?: Advice,
): LeaseStoreError {
  const { message } = (error ?? {}) as { message?: unknown };
  const state = stateOf(error);
  const { fault, undone, ...usual } = meaningOf(state);
  const advice = instead ?? usual.advice;
  const said = typeof message === 'string' && message !== '' ? message : state || 'no reason was given';
  const coded = state === '' || said.includes(state) ? '' : ` (${state})`;
  const hint = advice === undefined ? '' : `; ${advice(table)}`;
  return new LeaseStoreError(`postgresLease: could not ${doing} in ${table.label}: ${said}${coded}${hint}`, {
    ...{ fault, mayBeWritten: writing && !undone, cause: error },
  });
}

/** What it means that the table could not be made: a right that is missing is not one on the table, which is not there. */
export function creationError(table: LeaseTable, error: unknown): LeaseStoreError {
  return storeError('create the table', table, error, false, stateOf(error) === '42501' ? mayNotCreate : undefined);
}

const mayNotCreate: Advice = ({ label }) =>
  'grant it: GRANT CREATE ON SCHEMA … TO …; ' +
  `or have a role that may run the SQL that leaseTableSql('${label}') gives, and grant this one the use of what it makes`;

/** The SQLSTATE of an error, or what Node calls it; `''` for none. */
export function stateOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function meaningOf(state: string): Meaning {
  const known = byState[state];
  if (known !== undefined) return known;
  if (!/^[0-9A-Z]{5}$/.test(state)) return { fault: 'unreachable', undone: unconnected.has(state) };
  const group = state.slice(0, 2);
  const undone = undoneClasses.has(group);
  if (group === '28') return { fault: 'unauthorized', undone };
  return { fault: invalidClasses.has(group) ? 'invalid' : 'unreachable', undone };
}

/** The numbers of the sequence are not above those in the table. */
export function backwards(table: LeaseTable): string {
  return (
    `the sequence ${table.sequence} gives numbers that were given before, as after a restored backup or a failover that lost writes; ` +
    `so that tokens grow again, run ${forwardCommand(table)}`
  );
}
