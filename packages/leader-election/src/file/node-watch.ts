import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

/**
 * Tells of names in a folder that came or went, or of `undefined` where the system does not say which. Resolves when the signal aborts,
 * and when the folder is gone, even if there is another by then. Rejects with the system's error.
 * @param onStart the watch has begun: what happens from here on will be told.
 */
export async function watchFolder(
  folder: string,
  onStart: () => void,
  onName: (name: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const identity = await identityOf(folder);
  if (signal.aborted || identity === undefined) return;
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(folder);
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', abort);
      watcher.close();
      settle();
    };
    const abort = (): void => end(resolve);
    signal.addEventListener('abort', abort, { once: true });
    watcher.on('error', (error) => end(() => reject(error)));
    watcher.on('change', (_kind, file) => {
      const name = typeof file === 'string' ? file : undefined;
      onName(name);
      // Of itself a folder tells by its own name. A watch would follow it where it goes, and into nothing.
      if (name !== basename(folder)) return;
      identityOf(folder).then((now) => now !== identity && abort(), abort);
    });
    onStart();
  });
}

/** @returns `undefined` if there is no such folder. */
async function identityOf(folder: string): Promise<bigint | undefined> {
  try {
    return (await stat(folder, { bigint: true })).ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
