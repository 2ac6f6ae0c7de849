/** Text that is no YAML, or more of YAML than is read here. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  constructor(line: number, what: string) {
    super(`line ${line}: ${what} is not understood`);
  }
}

/** Anchors, aliases, tags and such begin with a mark. @throws {YamlError} */
export function checkPlain(text: string, line: number): void {
  if (/^([&*!@`%|>]|\?( |$))/.test(text)) throw new YamlError(line, `a value that begins with ${text[0]}`);
}

/** Of a scalar without quotes. */
export function plainValue(text: string): string | boolean | null {
  if (text === '' || text === '~' || /^null$/i.test(text)) return null;
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return text;
}
