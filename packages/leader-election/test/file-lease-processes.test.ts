import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { seededRandom } from '@holdfast/core/testing';
import { afterEach, expect, test } from 'vitest';
import { fileLease } from '../src/file.ts';
import { get, heldBy, put } from './contract/environment.ts';

const WORKERS = 4;
const KILLS = 12;
const PAUSES = 6;

/** Processes that compete for one lease as fast as they can. */
class Crowd {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly #folder: string;
  readonly #running: ChildProcess[] = [];
  #heard = Promise.withResolvers<void>();
  #started = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  start(): void {
    const script = join(import.meta.dirname, 'file-lease-worker.ts');
    const child = spawn(process.execPath, [script, this.#folder, 'billing', `worker-${(this.#started += 1)}`]);
    createInterface(child.stdout).on('line', (line) => this.#hear(line));
    child.stderr.on('data', (text) => void this.errors.push(String(text)));
    this.#running.push(child);
  }

  /** Until there were so many more wins, by anybody. */
  async wins(more: number): Promise<void> {
    for (const until = this.lines.length + more; this.lines.length < until;) {
      if (this.errors.length > 0) throw new Error(this.errors.join(''));
      await this.#heard.promise;
    }
  }

  /** Wakes it again when it is told to, and the others have won so often without it. */
  async pause(which: number, wins: number): Promise<void> {
    const child = this.#running[which]!;
    child.kill('SIGSTOP');
    await this.wins(wins);
    child.kill('SIGCONT');
  }

  async kill(which: number): Promise<void> {
    const [child] = this.#running.splice(which, 1);
    const closed = once(child!, 'close'); // with everything it had said
    child!.kill('SIGKILL');
    await closed;
  }

  async killAll(): Promise<void> {
    while (this.#running.length > 0) await this.kill(0);
  }

  #hear(line: string): void {
    this.lines.push(line);
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }
}

let crowd: Crowd | undefined;
let folder = '';
afterEach(async () => {
  await crowd?.killAll();
  await rm(folder, { recursive: true });
});

test('processes that are killed and paused anywhere win no revision twice, lose none, and leave nothing behind', async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-file-lease-'));
  const random = seededRandom(20);
  const any = (below: number): number => Math.floor(random() * below);
  crowd = new Crowd(folder);
  for (let worker = 0; worker < WORKERS; worker++) crowd.start();
  await crowd.wins(1);

  for (let round = 0; round < KILLS; round++) {
    await crowd.wins(1 + any(20));
    if (round % (KILLS / PAUSES) === 0) await crowd.pause(any(WORKERS), 1 + any(10));
    await crowd.kill(any(WORKERS));
    crowd.start();
  }
  await crowd.killAll();

  // Each write counts one further than what it was written over: as long as none was lost or won twice, so do the revisions.
  const won = crowd.lines.map((line) => /^won (\d+) (\d+)$/.exec(line) ?? expect.fail(line));
  const revisions = won.map(([, revision]) => BigInt(revision!));
  const beginnings = new Set(won.map(([, revision, counter]) => BigInt(revision!) - BigInt(counter!)));
  expect(new Set(revisions).size).toBe(revisions.length);
  expect(beginnings.size).toBe(1);

  const store = fileLease({ folder });
  const last = await get(store, 'billing');
  expect(last.revision).toBeGreaterThanOrEqual(revisions.reduce((a, b) => (a > b ? a : b)));
  expect(last.revision - BigInt(last.renewal)).toBe([...beginnings][0]);
  // What was written and not reported was written by somebody who died before it could.
  expect(last.renewal + 1 - won.length).toBeLessThanOrEqual(KILLS + WORKERS);

  await put(store, 'billing', last, heldBy('the-last'));
  expect(await readdir(join(folder, 'billing'))).toHaveLength(2); // the lease, and the mark that it has begun
  expect(crowd.errors).toEqual([]);
}, 30_000);
