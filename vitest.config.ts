import { defineConfig } from 'vitest/config';

/** Packages that hold the call model, the policies that a user's call runs through, and the election: what must be covered. */
const covered = ['core', 'circuit-breaker', 'bulkhead', 'deadline', 'retry', 'fallback', 'leader-election'];

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'docs/**/*.test.ts',
      'test/**/*.test.ts',
      'tools/**/*.test.ts',
      'benchmarks/**/*.test.ts',
    ],
    // Those that need a server npm does not have: see vitest.engines.config.ts.
    exclude: ['**/node_modules/**', '**/*.engine.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    // Every file in a process of its own: core has one event hub and one clock a process, and a test may end its process badly.
    pool: 'forks',
    maxWorkers: '100%',
    // No test waits for real time, so one that takes this long hangs; the few that start a process or a server say so themselves.
    testTimeout: 5_000,
    // A rejection that nobody handled fails the run, though every test passed: in production it ends the process.
    dangerouslyIgnoreUnhandledErrors: false,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      // An index only re-exports (test/workspace.test.ts): it has nothing to run.
      exclude: ['**/*.test.ts', '**/*.test-d.ts', '**/index.ts'],
      reporter: ['json-summary', 'html', ['text', { skipFull: true }]],
      reportsDirectory: 'coverage',
      // One pair of thresholds for each package, over all of its files.
      thresholds: Object.fromEntries(covered.map((name) => [`packages/${name}/src/**`, { lines: 95, branches: 95 }])),
    },
  },
});
