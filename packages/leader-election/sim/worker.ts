// A thread that runs seeds: told of an elector and a range of seeds, it answers with what came of it.
import { parentPort } from 'node:worker_threads';
import { runSeeds } from './campaign.ts';
import type { ElectorClass } from './world.ts';

export interface Job {
  /** URL of the module whose `Elector` is to be run. */
  readonly elector: string;
  /** URL of another, whose own violations do not count; none for `''`. */
  readonly than: string;
  readonly from: number;
  readonly to: number;
  /** Violations to stop at. */
  readonly most: number;
}

async function load(url: string): Promise<ElectorClass> {
  const { Elector } = (await import(url)) as { Elector: ElectorClass };
  return Elector;
}

async function run({ elector, than, from, to, most }: Job): Promise<void> {
  const other = than === '' ? undefined : await load(than);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort!.postMessage(runSeeds(from, to, await load(elector), most, other));
}

// A rejection that nobody handles ends the thread, and whoever waits for it hears of it.
parentPort!.on('message', (job: Job) => void run(job));
