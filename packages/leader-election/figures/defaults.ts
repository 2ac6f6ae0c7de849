import { electionSettings } from '../src/election-options.ts';
import type { ElectionSettings } from '../src/election-options.ts';
import { memoryLease } from '../src/memory.ts';

/** The settings of an election that was told nothing. */
export const settings: ElectionSettings = electionSettings({ name: 'figures', store: memoryLease() });

const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = settings;
export const defaults: { leaseDurationMs: number; renewDeadlineMs: number; retryPeriodMs: number } = {
  ...{ leaseDurationMs, renewDeadlineMs, retryPeriodMs },
};
