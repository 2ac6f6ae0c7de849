// Run in a process of its own, by the Node that is to be measured: node measure.ts PART TURNS
// It measures by itself: the harness is written for one version of Node.
import { deadline, openCall, pipeline, withCall } from 'holdfast';
import { ANSWER, operation } from '../../harness/subject.ts';

/** What one process found out, in nanoseconds of each pair of turns. */
export interface Found {
  readonly version: string;
  readonly bareNs: readonly number[];
  readonly callNs: readonly number[];
}

const CALLS = 5_000;
const WARM_UP_TURNS = 20;

const prices = pipeline('prices', deadline({ ms: 10_000 }));
const call = (): Promise<number> => prices.run(operation);

async function turn(measured: () => Promise<number>): Promise<number> {
  const start = process.hrtime.bigint();
  let sum = 0;
  for (let made = 0; made < CALLS; made++) sum += await measured();
  if (sum !== CALLS * ANSWER) throw new Error('a call answered with something else');
  return Number(process.hrtime.bigint() - start) / CALLS;
}

async function pairs(turns: number, measured: () => Promise<number>): Promise<Found> {
  const found: Found & { bareNs: number[]; callNs: number[] } = { version: process.version, bareNs: [], callNs: [] };
  for (let pair = -WARM_UP_TURNS; pair < turns; pair++) {
    const bareNs = await turn(operation);
    const callNs = await turn(measured);
    await new Promise((resolve) => void setImmediate(resolve));
    if (pair < 0) continue;
    found.bareNs.push(bareNs);
    found.callNs.push(callNs);
  }
  return found;
}

const request = openCall('GET /', { timeoutMs: 3_600_000 });
const PARTS: Readonly<Record<string, (turns: number) => Promise<Found>>> = {
  never: (turns) => pairs(turns, call),
  outside: (turns) => withCall(request, async () => {}).then(() => pairs(turns, call)),
  within: (turns) => withCall(request, () => pairs(turns, call)),
  'handed on': (turns) => pairs(turns, () => prices.run(operation, request)),
};

const [part = '', turns = '0'] = process.argv.slice(2);
const found = await PARTS[part]!(Number(turns));
request.close();
console.log(JSON.stringify(found));
