// Runs scenarios on one library, one after the other: the body of the threads that thread.ts starts.
import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { nameOf } from './calls.ts';
import { libraryNamed, NO_SUCH_POLICY, offers } from './libraries.ts';
import { Lacks } from './scenario.ts';
import type { Capabilities, Capability, Kit, Scenario } from './scenario.ts';

/** How a scenario ended on a library. */
export interface Cell {
  /** `broke`: it did not come to an end that can be judged. */
  readonly verdict: 'safe' | 'unsafe' | 'lacks' | 'broke';
  readonly saw: string;
}

enableCompileCache();

/** The same chance in every run, for libraries that ask the system for it. */
let drawn = 0;
Math.random = () => (drawn = (drawn + 0.618_033_988_749_895) % 1);

let unhandled = 0;
process.on('unhandledRejection', () => unhandled++);

/** @param file URL of the file that exports the scenario */
async function run(file: string): Promise<Cell> {
  const { scenario } = (await import(file)) as { scenario: Scenario };
  const { time, capabilities } = await libraryNamed(workerData as string).open(scenario.time ?? 'virtual');
  if (!offers(capabilities, scenario)) return { verdict: 'lacks', saw: NO_SUCH_POLICY };
  drawn = 0;
  unhandled = 0;
  try {
    const kit: Kit<Capability> = { time, unhandledRejections: () => unhandled, ...(capabilities as Capabilities) };
    const { safe, saw } = await scenario.run(kit);
    return { verdict: safe ? 'safe' : 'unsafe', saw };
  } catch (error) {
    if (error instanceof Lacks) return { verdict: 'lacks', saw: error.message };
    return { verdict: 'broke', saw: nameOf(error) };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort!.on('message', (file: string) => void run(file).then((cell) => parentPort!.postMessage(cell)));
