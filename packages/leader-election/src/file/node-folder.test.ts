import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { heldBy, never } from '../../test/contract/records.ts';
import { History } from './history.ts';
import { NodeFolder } from './node-folder.ts';
import { Request } from './request.ts';
import { append } from './writing.ts';

let path = '';
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'holdfast-node-folder-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

test('links a file to one name after another, but never to one that is taken', async () => {
  const folder = new NodeFolder(path);
  await folder.create('a', 'text of a');
  await folder.create('b', 'text of b');

  expect(await folder.link('a', 'first')).toBe(true);
  expect(await folder.link('b', 'first')).toBe(false);
  expect(await folder.link('a', 'second')).toBe(true);
  expect(await folder.link('gone', 'third')).toBe(false);

  await folder.unlink('a');
  await folder.unlink('a');
  expect((await folder.list()).toSorted()).toEqual(['b', 'first', 'second']);
  expect(await folder.read('first')).toBe('text of a');
  expect(await folder.read('a')).toBeUndefined();
});

test('marks a folder once', async () => {
  const folder = new NodeFolder(path);
  await folder.mark('begun', 'once');
  await folder.mark('begun', 'twice');

  expect(await folder.read('begun')).toBe('once');
});

test('makes itself, once and again', async () => {
  const folder = new NodeFolder(join(path, 'inner'));
  expect(await folder.list()).toEqual([]);
  expect(await folder.create('a', '')).toBe(false);

  await folder.make();
  await folder.make();

  expect(await folder.create('a', '')).toBe(true);
});

test('says so where a file system has no hard links', async () => {
  const folder = new NodeFolder(path);
  await mkdir(join(path, 'inner')); // for a folder, the system answers as FAT does for all

  await expect(folder.link('inner', 'second')).rejects.toMatchObject({ fault: 'invalid', mayBeWritten: false });
});

test('a file that could not be written whole is not left behind', { timeout: 30_000 }, async () => {
  // A process that may write files of no length: the system lets it make the file, and refuses its text. (As on a full disk.)
  const program = `
    import { NodeFolder } from '${new URL('node-folder.ts', import.meta.url).href}';
    await new NodeFolder(process.argv[1]).create('a', 'text').catch(({ code }) => console.log(code));`;
  const limited = ['-c', 'ulimit -f 0 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', program, path];

  const { stdout } = await promisify(execFile)('sh', limited);

  expect(stdout).toBe('EFBIG\n');
  expect(await readdir(path)).toEqual([]);
});

test('passes on what the system says otherwise', async () => {
  const folder = new NodeFolder(path);
  await folder.create('a', '');

  await expect(folder.link('a', 'x'.repeat(300))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  await expect(folder.create('a', '')).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(new NodeFolder(join(path, 'a')).list()).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a lease whose folder is deleted during a write is not written', async () => {
  const inner = join(path, 'inner');
  const history = new History(new NodeFolder(inner), () => 'ticket');
  const write = (follow: () => void): Promise<unknown> => {
    const entry = { revision: 1n, record: heldBy('e') };
    return append(history, () => (follow(), entry), new Request('writing', never));
  };
  expect(await write(() => {})).toBeDefined();

  expect(await write(() => rmSync(inner, { recursive: true }))).toBeUndefined();

  expect(await readdir(path)).toEqual([]);
});
