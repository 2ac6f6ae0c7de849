import { checkPlain, plainValue, YamlError } from './yaml-plain.ts';
import type { YamlMap, YamlValue } from './yaml.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\u001B',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
};

/** Reads what has brackets or quotes: flow maps and lists and quoted scalars, over several lines where need be. */
export class FlowReader {
  readonly #text: string;
  readonly #firstLine: number;
  /** How far it was read. */
  at = 0;

  constructor(text: string, firstLine: number) {
    this.#text = text;
    this.#firstLine = firstLine;
  }

  value(): YamlValue {
    this.#skip();
    switch (this.#text[this.at]) {
      case '{':
        return this.#map();
      case '[':
        return this.#list();
      case '"':
      case "'":
        return this.#quoted();
      default:
        return this.#plain();
    }
  }

  /** Makes sure that nothing more stands in the line. @returns how many lines were read. */
  lineEnd(): number {
    const rest = /^[ \t]*( #.*)?(\n|$)/.exec(this.#text.slice(this.at));
    if (rest === null) throw this.#error('what follows a value in its line');
    return this.#lines();
  }

  /** @returns `undefined` if it does not end. */
  quotedInLine(): string | undefined {
    try {
      return this.#quoted();
    } catch {
      return undefined;
    }
  }

  #map(): YamlMap {
    const map = Object.create(null) as Record<string, YamlValue>;
    this.#each('}', () => {
      const key = this.value();
      if (typeof key !== 'string') throw this.#error('a key that is no text');
      if (key in map) throw this.#error(`a second ${JSON.stringify(key)} in a map`);
      this.#skip();
      if (this.#text[this.at] !== ':') throw this.#error('a key without a colon');
      this.at += 1;
      map[key] = this.value();
    });
    return map;
  }

  #list(): YamlValue[] {
    const list: YamlValue[] = [];
    this.#each(']', () => list.push(this.value()));
    return list;
  }

  #each(end: string, read: () => void): void {
    this.at += 1;
    for (this.#skip(); this.#text[this.at] !== end; this.#skip()) {
      read();
      this.#skip();
      if (this.#text[this.at] === ',') this.at += 1;
      else if (this.#text[this.at] !== end)
        throw this.#error(this.at < this.#text.length ? `something before ${end}` : `a missing ${end}`);
    }
    this.at += 1;
  }

  #quoted(): string {
    const quote = this.#text[this.at]!;
    let value = '';
    for (this.at += 1; this.at < this.#text.length; this.at++) {
      const character = this.#text[this.at]!;
      if (character === quote) {
        if (quote === '"' || this.#text[this.at + 1] !== quote) {
          this.at += 1;
          return value;
        }
        this.at += 1; // '' is a quote
        value += quote;
      } else if (character === '\\' && quote === '"') value += this.#escape();
      else if (character === '\n') value = `${value.trimEnd()}${this.#fold()}`;
      else value += character;
    }
    throw this.#error(`a missing ${quote}`);
  }

  /** A line break in quotes is a space; empty lines are line breaks. */
  #fold(): string {
    const [gap] = /^\s*/.exec(this.#text.slice(this.at))!;
    this.at += gap.length - 1;
    return '\n'.repeat(gap.split('\n').length - 2) || ' ';
  }

  #escape(): string {
    this.at += 1;
    const letter = this.#text[this.at] ?? '';
    const length = { x: 2, u: 4, U: 8 }[letter];
    if (length === undefined) {
      const meant = ESCAPES[letter];
      if (meant === undefined) throw this.#error(`\\${letter}`);
      return meant;
    }
    const digits = this.#text.slice(this.at + 1, this.at + 1 + length);
    const code = Number.parseInt(digits, 16);
    if (!/^[0-9a-f]+$/i.test(digits) || digits.length < length || code > 0x10ffff) throw this.#error(`\\${letter}${digits}`);
    this.at += length;
    return letter === 'u' ? String.fromCharCode(code) : String.fromCodePoint(code); // JSON writes pairs of surrogates
  }

  #plain(): YamlValue {
    const [found] = /^[^\n,[\]{}]*?(?=[,[\]{}\n]|:[ ,[\]{}\n]|:$|\s#|$)/.exec(this.#text.slice(this.at))!;
    const text = found.trimEnd();
    if (text === '') throw this.#error('a missing value');
    checkPlain(text, this.#line());
    this.at += found.length;
    return plainValue(text);
  }

  #skip(): void {
    const [gap] = /^(\s|(?<=\s)#[^\n]*)*/.exec(this.#text.slice(this.at))!;
    this.at += gap.length;
  }

  #lines(): number {
    return this.#text.slice(0, this.at).split('\n').length;
  }

  #error(what: string): YamlError {
    return new YamlError(this.#line(), what);
  }

  #line(): number {
    return this.#firstLine + this.#lines() - 1;
  }
}
