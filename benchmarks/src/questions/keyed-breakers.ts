import { circuitBreaker, keyed, pipeline } from 'holdfast';
import type { Answer, Effort, Question, Row } from '../answer.ts';
import { askChild } from '../child.ts';
import { compare } from '../harness/compare.ts';
import type { Comparison } from '../harness/compare.ts';
import { operation } from '../harness/subject.ts';
import type { Call, Subject } from '../harness/subject.ts';
import type { Memory } from './keyed-breakers/memory.ts';
import { ORDERS } from './keyed-breakers/orders.ts';
import type { Order } from './keyed-breakers/orders.ts';

const EXTENT = { short: { keys: [1, 10_000], breakers: 1_000 }, full: { keys: [1, 1_000, 100_000], breakers: 10_000 } } as const;

interface Memories {
  /** By library. */
  readonly breakers: Readonly<Record<string, Memory>>;
  /** By number of keys. */
  readonly keys: Readonly<Record<number, Memory>>;
}

const ONE = 'one breaker, no key';

function oneBreaker(): Subject {
  const one = pipeline('one', circuitBreaker());
  const options = { key: 'https://host-0.example' };
  return { name: ONE, ours: true, call: () => one.run(operation, options) };
}

/** A keyed breaker and its keys, all of them there before it is measured. */
function perHost(keys: number): { readonly setUp: () => Promise<void>; readonly callIn: (order: Order) => Call } {
  const hosts = pipeline(
    'hosts',
    keyed(
      ({ key }) => key,
      (_key, label) => circuitBreaker({ name: label }),
      { max: keys },
    ),
  );
  const options = Array.from({ length: keys }, (_, index) => ({ key: `https://host-${index}.example` }));
  const setUp = async (): Promise<void> => {
    for (const option of options) await hosts.run(operation, option);
  };
  const callIn = (order: Order): Call => {
    const nextIndex = ORDERS[order](keys);
    return () => hosts.run(operation, options[nextIndex()]);
  };
  return { setUp, callIn };
}

interface Entry {
  readonly subject: Subject;
  readonly keys: number;
  readonly order: Order | null;
}

const orders = Object.keys(ORDERS) as readonly Order[];

function entries(keyCounts: readonly number[]): Entry[] {
  const keyed = keyCounts.flatMap((keys) =>
    orders
      .filter((order) => keys > 1 || order === 'at random')
      .map((order): Entry => {
        const { setUp, callIn } = perHost(keys);
        const name = `keyed, ${keys} key${keys === 1 ? '' : `s ${order}`}`;
        return { subject: { name, ours: true, call: callIn(order), setUp }, keys, order };
      }),
  );
  return [{ subject: oneBreaker(), keys: 1, order: null }, ...keyed];
}

function rowOf({ keys, order }: Entry, { name, ns, ratio }: Comparison, { breakers, keys: byKeys }: Memories): Row {
  const memory = order === null ? breakers['circuitBreaker of holdfast'] : byKeys[keys];
  return { subject: name, ours: true, keys, order, ratio: ratio.median, ns, ...memoryOf(memory, order === null) };
}

/** A key has its breaker from its first call on, and what one key takes would be what the table takes. */
function memoryOf(
  memory: Memory | undefined,
  alone: boolean,
): { idle: number | null; used: number | null; timers: number | null } {
  const { idleBytes = null, usedBytes = null, timers = null } = memory ?? {};
  return { idle: alone ? idleBytes : null, used: usedBytes, timers };
}

async function ask(effort: Effort): Promise<Answer> {
  const { keys, breakers } = EXTENT[effort];
  const memories = await askChild<Memories>(new URL('keyed-breakers/memory.ts', import.meta.url), {
    flags: ['--expose-gc'],
    args: [keys.filter((count) => count > 1).join(','), breakers],
  });
  const asked = entries(keys);
  const compared = await compare(
    asked.map(({ subject }) => subject),
    { effort },
  );
  const peers = Object.entries(memories.breakers).filter(([name]) => !name.includes('holdfast'));
  return {
    id: 'keyed-breakers',
    title: 'What does a breaker for each key cost?',
    about: `One breaker for all, and \`keyed\` with one for each host. A call is looked up among all keys, which are there before it is \
measured: *at random*, *in turn* (always the one unused for longest), or *ten of them* while the others rest. Next to ten the processor's \
cache helps; among many it does not, and looking up any of 100 000 objects costs by itself. The bytes are those of each \
breaker, of ${breakers} on average for one alone, with its share of the table for one of many: *idle* before the first call, *used* after \
some. *Timers* are those of the system that each sets when it is made.`,
    columns: [
      { key: 'keys', title: 'keys', unit: 'count' },
      { key: 'ratio', title: '× bare', unit: 'ratio' },
      { key: 'ns', title: 'a call', unit: 'ns' },
      { key: 'idle', title: 'idle breaker', unit: 'bytes' },
      { key: 'used', title: 'used breaker', unit: 'bytes' },
      { key: 'timers', title: 'timers each', unit: 'count' },
    ],
    rows: [
      ...asked.map((entry, index) => rowOf(entry, compared[index]!, memories)),
      ...peers.map(([name, memory]) => ({
        subject: name,
        ours: false,
        keys: 1,
        ratio: null,
        ns: null,
        ...memoryOf(memory, true),
      })),
    ],
    charts: [
      { kind: 'bars', title: 'A call through keyed breakers, × bare', value: 'ratio', logarithmic: true },
      { kind: 'bars', title: 'Bytes of a used breaker', value: 'used' },
    ],
  };
}

export const question: Question = { id: 'keyed-breakers', ask };
