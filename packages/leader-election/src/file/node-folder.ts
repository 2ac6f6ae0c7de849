import { link, mkdir, open, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { invalid } from './faults.ts';
import type { Folder } from './folder.ts';

/** What `link` says where a file system has no second names: FAT, for one. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** A folder on a disk. */
export class NodeFolder implements Folder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async list(): Promise<readonly string[]> {
    return unless('ENOENT', [], readdir(this.path));
  }

  async read(file: string): Promise<string | undefined> {
    return unless('ENOENT', undefined, readFile(join(this.path, file), 'utf8'));
  }

  async create(file: string, text: string): Promise<boolean> {
    const handle = await unless('ENOENT', undefined, open(join(this.path, file), 'wx'));
    if (handle === undefined) return false;
    try {
      await writeWhole(handle, text);
      return true;
    } catch (error) {
      await this.unlink(file).catch(() => {}); // a full disk would keep one of each attempt
      throw error;
    }
  }

  async mark(file: string, text: string): Promise<void> {
    await unless('EEXIST', undefined, writeFile(join(this.path, file), text, { flag: 'wx' }));
  }

  async link(file: string, second: string): Promise<boolean> {
    try {
      await link(join(this.path, file), join(this.path, second));
      return true;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOENT') return false;
      if (!NO_LINKS.includes(code)) throw error;
      throw invalid(
        `the file system of ${this.path} has no hard links; name a folder on one that has, such as ext4, XFS or APFS`,
      );
    }
  }

  async unlink(file: string): Promise<void> {
    await unless('ENOENT', undefined, unlink(join(this.path, file)));
  }

  async sync(): Promise<void> {
    await syncFolder(this.path);
  }

  async make(): Promise<void> {
    await makeFolder(this.path);
    await syncFolder(dirname(this.path)); // also where another has made it, who may not have come that far
  }
}

/** Until a new file would outlast a power cut, and closes it. */
async function writeWhole(handle: FileHandle, text: string): Promise<void> {
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder in one that exists. @returns whether it was not there before. */
export async function makeFolder(path: string): Promise<boolean> {
  return (await unless('EEXIST', 'present', mkdir(path))) !== 'present';
}

/** Until the names in a folder would outlast a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unless<T, U>(code: string, instead: U, work: Promise<T>): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return instead;
    throw error;
  }
}
