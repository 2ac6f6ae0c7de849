import { cpus, totalmem } from 'node:os';
import type { Machine } from './results.ts';

/** What figures are measured on, here and today. */
export const thisMachine = (): Machine => ({
  node: process.versions.node,
  v8: process.versions.v8,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: totalmem() / 2 ** 30,
  date: new Date().toISOString().slice(0, 10),
});
