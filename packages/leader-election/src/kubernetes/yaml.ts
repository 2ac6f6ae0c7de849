import { FlowReader } from './yaml-flow.ts';
import { checkPlain, plainValue, YamlError } from './yaml-plain.ts';

/** What a document may hold. Numbers stay the texts they are written as: a kubeconfig has none, and a token may look like one. */
export type YamlValue = string | boolean | null | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

interface Line {
  readonly number: number;
  readonly indent: number;
  /** Without its indentation. */
  readonly text: string;
}

/**
 * Reads the YAML that kubeconfigs are written in: block and flow maps and lists, plain, quoted and block scalars, comments; JSON is
 * among it. One document, no anchors, aliases, tags or complex keys: those are refused rather than misread.
 * @throws {YamlError} naming the line and what was not understood.
 */
export function parseYaml(source: string): YamlValue {
  return new BlockReader(source).document();
}

class BlockReader {
  /** Lines as they are, for what may go over several. */
  readonly #raw: readonly string[];
  /** The next line; the rest of one if its beginning was read already. */
  #next: Line | undefined = undefined;
  #at = 0;

  constructor(source: string) {
    this.#raw = source.replace(/^\uFEFF/, '').split(/\r?\n/);
    this.#advance();
  }

  document(): YamlValue {
    if (this.#next?.text.startsWith('%')) throw this.#error('a directive');
    if (this.#next !== undefined && /^---( |$)/.test(this.#next.text) && this.#next.indent === 0) this.#inner(this.#next, 3);
    const value = this.#next === undefined ? null : this.#node(-1);
    if (this.#next?.text === '...') this.#advance();
    if (this.#next !== undefined) throw this.#error(this.#next.text.startsWith('---') ? 'a second document' : 'what follows');
    return value;
  }

  /** The value that begins here, if it is indented more than `parent`; otherwise nothing is said of it. */
  #node(parent: number): YamlValue {
    const line = this.#next;
    if (line === undefined || line.indent <= parent || isEnd(line)) return null;
    if (isItem(line.text)) return this.#list(line.indent);
    if (keyIn(line) !== undefined) return this.#map(line.indent);
    return this.#scalar(line, parent);
  }

  #list(indent: number): YamlValue[] {
    const items: YamlValue[] = [];
    while (this.#next !== undefined && this.#next.indent === indent && isItem(this.#next.text)) {
      this.#inner(this.#next, 1);
      items.push(this.#node(indent));
    }
    this.#checkIndent(indent);
    return items;
  }

  #map(indent: number): YamlMap {
    const map = Object.create(null) as Record<string, YamlValue>;
    for (let line = this.#next; line !== undefined && line.indent === indent && !isEnd(line); line = this.#next) {
      const key = keyIn(line);
      if (key === undefined) throw this.#error('a line in a map that is no "key: value"');
      if (key.name in map) throw this.#error(`a second ${JSON.stringify(key.name)} in a map`);
      this.#inner(line, key.length);
      map[key.name] = this.#valueOf(indent, line.number);
    }
    this.#checkIndent(indent);
    return map;
  }

  /** What follows a key. A list may begin below it, as far to the left as the key. */
  #valueOf(indent: number, keyLine: number): YamlValue {
    const line = this.#next;
    if (line === undefined) return null;
    if (line.number === keyLine) {
      if (isItem(line.text) || (keyIn(line) !== undefined && !/^["'[{]/.test(line.text)))
        throw this.#error('a value that begins a block in the same line');
      return this.#scalar(line, indent);
    }
    if (line.indent === indent && isItem(line.text)) return this.#list(indent);
    return this.#node(indent);
  }

  /** A scalar, or a flow map or list; `parent` is what its further lines are indented more than. */
  #scalar(line: Line, parent: number): YamlValue {
    if (/^[|>]/.test(line.text)) return this.#blockScalar(line, parent);
    if (/^["'[{]/.test(line.text)) return this.#flow(line);
    const words = [plainText(line)];
    this.#advance();
    while (this.#next !== undefined && this.#next.indent > parent && !isEnd(this.#next)) {
      if (keyIn(this.#next) !== undefined) throw this.#error('a "key: value" in the middle of a text');
      words.push(plainText(this.#next));
      this.#advance();
    }
    return plainValue(words.join(' '));
  }

  #flow(line: Line): YamlValue {
    const rest = [line.text, ...this.#raw.slice(line.number)].join('\n');
    const reader = new FlowReader(rest, line.number);
    const value = reader.value();
    const end = reader.lineEnd();
    this.#at = line.number - 1 + end;
    this.#advance();
    return value;
  }

  #blockScalar(line: Line, parent: number): string {
    const header = /^([|>])([+-]?)( +#.*)?$/.exec(line.text);
    if (header === null) throw this.#error('the beginning of a block of text');
    const lines: string[] = [];
    while (this.#at < this.#raw.length && (this.#raw[this.#at]!.trim() === '' || indentOf(this.#raw[this.#at]!) > parent)) {
      lines.push(this.#raw[this.#at++]!);
    }
    this.#advance();
    const indent = Math.min(...lines.filter((one) => one.trim() !== '').map(indentOf));
    const texts = lines.map((one) => one.slice(indent));
    while (texts.at(-1)?.trim() === '') texts.pop();
    const text = header[1] === '|' ? texts.join('\n') : folded(texts.join('\n'));
    return header[2] === '-' || text === '' ? text : `${text}\n`;
  }

  /** Goes on in the same line after its first `length` characters, as if it were indented so far; or in the next line. */
  #inner(line: Line, length: number): void {
    const rest = line.text.slice(length);
    const text = rest.trimStart();
    if (text === '' || text.startsWith('#')) this.#advance();
    else this.#next = { number: line.number, indent: line.indent + line.text.length - text.length, text };
  }

  #advance(): void {
    this.#next = undefined;
    while (this.#next === undefined && this.#at < this.#raw.length) {
      const raw = this.#raw[this.#at++]!;
      const text = raw.trim();
      if (text === '' || text.startsWith('#')) continue;
      this.#next = { number: this.#at, indent: indentOf(raw), text };
      if (/^ *\t/.test(raw)) throw this.#error('a tab as indentation');
    }
  }

  #checkIndent(indent: number): void {
    if (this.#next !== undefined && this.#next.indent > indent) throw this.#error('an indentation that fits nothing above');
  }

  #error(what: string): YamlError {
    return new YamlError(this.#next?.number ?? this.#raw.length, what);
  }
}

const isItem = (text: string): boolean => text === '-' || text.startsWith('- ');
const isEnd = ({ indent, text }: Line): boolean => indent === 0 && /^(---|\.\.\.)( |$)/.test(text);
const indentOf = (raw: string): number => raw.length - raw.trimStart().length;

/** The key a line begins with, and how far it goes, its colon included. */
function keyIn({ text, number }: Line): { readonly name: string; readonly length: number } | undefined {
  if (/^["']/.test(text)) {
    const reader = new FlowReader(text, number);
    const name = reader.quotedInLine();
    const colon = name === undefined ? null : /^ *:(?= |$)/.exec(text.slice(reader.at));
    return colon === null ? undefined : { name: name!, length: reader.at + colon[0].length };
  }
  if (/^[[{]/.test(text)) return undefined;
  const found = /^([^#]|(?<=[^ ])#)*?:(?= |$)/.exec(text);
  if (found === null) return undefined;
  checkPlain(found[0], number);
  return { name: found[0].slice(0, -1).trimEnd(), length: found[0].length };
}

/** Without a comment. */
function plainText({ text, number }: Line): string {
  checkPlain(text, number);
  return text.replace(/\s#.*$/, '').trimEnd();
}

/** Line breaks between texts are spaces; empty lines, and before what is indented, they stay. */
function folded(text: string): string {
  return text.replace(/(?<!\n)\n(?![\n ])/g, ' ').replace(/\n(\n+)/g, '$1');
}
