// One task of the simulation, in a thread: `workerData` is a Task, the one message is a Distribution.
import { parentPort, workerData } from 'node:worker_threads';
import { distribution, network } from '../simulation.ts';
import type { Task } from '../simulation.ts';
import { holdfastGapMs } from './holdfast.ts';

const { how, followers, times, runs } = workerData as Task;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
parentPort!.postMessage(distribution(runs, (random) => holdfastGapMs(how, followers, network(times, random), random)));
