import { expect, test } from 'vitest';
import { guarded } from './guard.ts';

const mayNot = (): never => {
  throw new Error('not the leader');
};
const may = (): void => {};

class Database {
  readonly label = 'a';
  #rows: string[] = [];
  insert(row: string): number {
    return this.#rows.push(row);
  }
  get size(): number {
    return this.#rows.length;
  }
  set first(row: string) {
    this.#rows[0] = row;
  }
}

test('a method asserts before it is called, on the client itself', () => {
  const database = new Database();

  expect(guarded(database, may).insert('x')).toBe(1);
  expect(() => guarded(database, mayNot).insert('y')).toThrow('not the leader');
  expect(database.size).toBe(1);
});

test('what is no method goes through, also where the class keeps it private', () => {
  const database = new Database();
  const client = guarded(database, mayNot);

  client.first = 'x';

  expect(client.size).toBe(1);
  expect(client.label).toBe('a');
  expect(client).toBeInstanceOf(Database);
  expect('label' in client).toBe(true);
  expect(Object.entries(client)).toEqual([['label', 'a']]);
  expect(delete (client as { label?: string }).label).toBe(true);
  expect(Object.keys(database)).toEqual([]);
});

test('a method is the same each time it is asked for, and has what the client’s own has', () => {
  const query = Object.assign((text: string) => text, { timeoutMs: 5 });
  const client = guarded({ query }, may);

  expect(client.query).toBe(client.query);
  expect(client.query.timeoutMs).toBe(5);
});

test('a client that is a function asserts when it is called, and in its methods', () => {
  const asked: string[] = [];
  const sql = Object.assign(
    (parts: TemplateStringsArray, ...values: unknown[]) => {
      asked.push(parts.join('?'));
      return values.length;
    },
    { unsafe: (text: string) => asked.push(text), options: { port: 5432 } },
  );
  const client = guarded(sql, mayNot);

  expect(guarded(sql, may)`select ${1}`).toBe(1);
  expect(() => client`delete from jobs`).toThrow('not the leader');
  expect(() => client.unsafe('delete from jobs')).toThrow('not the leader');
  expect(client.options.port).toBe(5432);
  expect(typeof client).toBe('function');
  expect(Object.keys(client)).toEqual(['unsafe', 'options']);
  expect(asked).toEqual(['select ?']);
});

test('a class asserts when it is constructed', () => {
  const Guarded = guarded(Database, may);

  expect(new Guarded()).toBeInstanceOf(Database);
  expect(() => new (guarded(Database, mayNot))()).toThrow('not the leader');
});

test('a frozen client is guarded like any other', () => {
  const client = guarded(Object.freeze({ insert: () => 1, label: 'a' }), mayNot);

  expect(() => client.insert()).toThrow('not the leader');
  expect(client.label).toBe('a');
  expect(Object.keys(client)).toEqual(['insert', 'label']);
});

test('what is defined on it is defined on the client, and it cannot be frozen', () => {
  const client: { insert: () => number; late?: number } = { insert: () => 1 };
  const guard = guarded(client, may);

  Object.defineProperty(guard, 'late', { value: 5, enumerable: true });
  Object.defineProperty(guard, 'insert', { value: () => 2, configurable: true, enumerable: true });

  expect([client.late, guard.late, client.insert(), guard.insert()]).toEqual([5, 5, 2, 2]);
  expect(() => Object.freeze(guard)).toThrow(TypeError);
  expect(Object.keys(guard)).toEqual(['insert', 'late']);
});

test('what is derived from it has its own properties', () => {
  const client: { label: string; extra?: number } = { label: 'a' };
  const derived = Object.create(guarded(client, mayNot)) as typeof client;

  derived.extra = 1;

  expect(client.extra).toBeUndefined();
  expect([derived.extra, derived.label]).toEqual([1, 'a']);
});

test('a class that the client has asserts when it is constructed', () => {
  expect(new (guarded({ Database }, may).Database)()).toBeInstanceOf(Database);
  expect(() => new (guarded({ Database }, mayNot).Database)()).toThrow('not the leader');
});
