import { describe, expect, test } from 'vitest';

/** The servers that `tools/test-engines.ts` starts or finds, by the names it gives them. */
export type EngineName = 'etcd' | 'redis' | 'kubernetes';

/**
 * Registers tests that need a server. Where it is not, they are skipped, visibly; or one fails, if HOLDFAST_REQUIRE_ENGINES names it.
 * @param variables of the environment that tell where it is; the tests get what they say.
 */
export function withEngine(name: EngineName, variables: readonly string[], tests: (...values: string[]) => void): void {
  const values = variables.map((variable) => process.env[variable] ?? '');
  const absent = values.includes('');
  const required = (process.env['HOLDFAST_REQUIRE_ENGINES'] ?? '').split(',').includes(name);
  describe.skipIf(absent && !required)(`engine ${name}`, () => {
    test(`is where ${variables.join(' and ')} say`, () => {
      expect(absent, 'pnpm test:engines starts what it finds, and says what it looks for').toBe(false);
    });
    describe.skipIf(absent)('is here', () => {
      tests(...values);
    });
  });
}
