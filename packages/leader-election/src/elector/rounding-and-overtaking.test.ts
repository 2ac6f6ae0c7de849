import { expect, test } from 'vitest';
import type { Lease } from '../lease.ts';
import { Elector } from './elector.ts';
import type { ElectorSettings } from './settings.ts';

const settings: ElectorSettings = {
  identity: 'b',
  electorId: 'elector-b',
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
  requestTimeoutMs: 3_000,
  drainTimeoutMs: 10_000,
  clockJumpMs: 250,
  rank: 0,
  rankDelayMs: 1_000,
  random: () => 0,
};
const at = (ms: number): { monoMs: number; wallMs: number } => ({ monoMs: ms, wallMs: ms });
const held: Lease = {
  holder: 'a',
  termId: 'elector-a.1',
  renewal: 1,
  durationMs: 15_000,
  transitions: 0,
  acquiredAtMs: 0,
  renewedAtMs: 0,
  rank: 0,
  handOffTo: '',
  revision: 5n,
};

test('a read that was overtaken by the watch does not hide what the watch has shown, and is made again', () => {
  const elector = new Elector(settings);
  elector.step({ type: 'start', candidate: true }, at(0));
  elector.step({ type: 'answered', request: 0, answer: { type: 'read', lease: held } }, at(1));
  elector.step({ type: 'watching', up: true }, at(2)); // reads
  elector.step({ type: 'seen', lease: { ...held, holder: '', termId: '', revision: 6n } }, at(3));
  const effects = elector.step({ type: 'answered', request: 1, answer: { type: 'read', lease: held } }, at(4));
  expect(elector.state.observation?.lease?.revision).toBe(6n);
  expect(effects).toEqual([{ type: 'read', request: 2 }]);
});

test('what is due at the time an elector asked to be woken is done then, however its sums are rounded', () => {
  const sentMs = 4047.471482865513; // plus 3 000, minus itself, is a little less than 3 000
  const elector = new Elector(settings);
  elector.step({ type: 'start', candidate: true }, at(sentMs));
  const dueMs = elector.wakeAtMs(at(sentMs));
  elector.step({ type: 'wake' }, at(dueMs));
  expect(elector.wakeAtMs(at(dueMs))).toBeGreaterThan(dueMs);
});
