import { statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_MAY_PASS = 0o001;

/** The outermost folder above a file that only its owner or group may pass through, as `/root` and those of `mktemp -d`; if there is one. */
export function closedFolderAbove(file: string): string | undefined {
  const folder = dirname(file);
  const further = folder === dirname(folder) ? undefined : closedFolderAbove(folder);
  if (further !== undefined) return further;
  return (statSync(folder).mode & OTHERS_MAY_PASS) === 0 ? folder : undefined;
}
