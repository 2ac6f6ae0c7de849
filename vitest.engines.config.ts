import { defineConfig } from 'vitest/config';

/** Tests against servers that npm does not have: `pnpm test:engines` starts those it finds, and runs these. */
export default defineConfig({
  test: {
    include: ['packages/*/test/engines/**/*.engine.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    pool: 'forks',
    // Real servers take real time, mostly to start and to elect leaders of their own.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
