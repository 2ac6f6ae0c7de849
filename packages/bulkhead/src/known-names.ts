import { unknownOption } from '@holdfast/core/options';

/** @throws {ConfigError} when there is another than these. */
export function checkNames(policy: string, given: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw unknownOption(policy, name, value, known);
  }
}
