import { defineConfig } from 'vitest/config';

/** Tests against servers that npm does not have: `pnpm test:engines` starts those it finds, and runs these. */
export default defineConfig({
  test: {
    include: ['packages/*/test/engines/**/*.engine.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    pool: 'forks',
    // They mostly wait, for servers, for leases that run out; by default one file at a time would run on two cores.
    maxWorkers: '100%',
    // Real servers take real time, mostly to start and to elect leaders of their own.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
