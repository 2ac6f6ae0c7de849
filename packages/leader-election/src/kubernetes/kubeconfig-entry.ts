import { fromBase64 } from '../base64.ts';
import { LeaseStoreError } from '../store.ts';
import type { Machine } from './machine.ts';
import type { YamlMap, YamlValue } from './yaml.ts';

/** One cluster, context or user of a kubeconfig, or a part of one. Its errors say where it stands, and never what its secrets are. */
export class Entry {
  /** The file it stands in: paths in it begin there. */
  readonly path: string;
  readonly #what: string;
  readonly #fields: YamlMap;

  constructor(path: string, what: string, fields: YamlMap) {
    this.path = path;
    this.#what = what;
    this.#fields = fields;
  }

  /** @returns `undefined` if it is not there, or empty. @throws {LeaseStoreError} if it is something else. */
  text(field: string): string | undefined {
    const value = this.#fields[field] ?? '';
    if (typeof value === 'object') throw this.error(`has a ${field} that is no text`);
    return value === '' ? undefined : String(value); // a namespace may be called true
  }

  flag(field: string): boolean {
    const value = this.#fields[field] ?? false;
    if (typeof value !== 'boolean') throw this.error(`has a ${field} that is neither true nor false`);
    return value;
  }

  texts(field: string): readonly string[] {
    const value = this.#listed(field);
    if (!value.every((one) => typeof one === 'string')) throw this.error(`has ${field} that are not all texts`);
    return value;
  }

  parts(field: string): readonly Entry[] {
    return this.#listed(field).map((one) => this.#inside(field, one));
  }

  part(field: string): Entry | undefined {
    const value = this.#fields[field] ?? undefined;
    return value === undefined ? undefined : this.#inside(field, value);
  }

  /** @throws {LeaseStoreError} if one of these is there. */
  refuse(fields: readonly string[]): void {
    const found = fields.find((field) => (this.#fields[field] ?? '') !== '');
    if (found === undefined) return;
    throw this.error(`has ${found}, which is not supported; a transport of your own (option transport) can do it`);
  }

  /** PEM: in base64 in `<field>-data`, which counts more, or in the file that `<field>` names. */
  async pem(machine: Machine, field: string): Promise<string | undefined> {
    const data = this.text(`${field}-data`);
    if (data === undefined) return this.file(machine, field);
    try {
      return fromBase64(data);
    } catch {
      throw this.error(`has a ${field}-data that is no base64`);
    }
  }

  /** The content of the file that a field names. One that is empty is just being written: many programs begin by emptying it. */
  async file(machine: Machine, field: string): Promise<string | undefined> {
    const named = this.text(field);
    if (named === undefined) return undefined;
    let text: string;
    try {
      text = await machine.readText(machine.beside(this.path, named));
    } catch (error) {
      throw this.error(`has a ${field} that cannot be read: ${String(error)}`, error);
    }
    if (text.trim() === '') throw this.error(`has a ${field} that is empty`);
    return text;
  }

  error(problem: string, cause?: unknown): LeaseStoreError {
    const message = `kubeconfig ${this.path}: ${this.#what} ${problem}`;
    return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false, cause });
  }

  #listed(field: string): readonly YamlValue[] {
    const value = this.#fields[field] ?? [];
    if (!Array.isArray(value)) throw this.error(`has ${field} that is no list`);
    return value as readonly YamlValue[];
  }

  #inside(field: string, value: YamlValue): Entry {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.error(`has ${field} that is no map`);
    return new Entry(this.path, `${this.#what}, ${field},`, value as YamlMap);
  }
}
