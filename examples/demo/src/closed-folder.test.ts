import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { closedFolderAbove } from './closed-folder.ts';

test.skipIf(process.platform === 'win32')('names the outermost folder that others may not pass through', () => {
  const top = mkdtempSync(join(tmpdir(), 'closed-')); // mode 700
  onTestFinished(() => rmSync(top, { recursive: true }));
  const inner = join(top, 'inner');
  mkdirSync(inner, { mode: 0o700 });
  const file = join(inner, 'file');
  expect(closedFolderAbove(file)).toBe(top);
  chmodSync(top, 0o755);
  expect(closedFolderAbove(file)).toBe(inner);
  chmodSync(inner, 0o711);
  expect(closedFolderAbove(file)).toBeUndefined();
});
