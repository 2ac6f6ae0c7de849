import type { Answer, Effort, Question, Row } from '../answer.ts';
import { askChild } from '../child.ts';
import { median } from '../harness/statistics.ts';
import type { Found } from './context/measure.ts';
import { nodeOf, VERSIONS } from './context/node-versions.ts';

const EXTENT = { short: { rounds: 1, turns: 15 }, full: { rounds: 7, turns: 40 } } as const;
const SCRIPT = new URL('context/measure.ts', import.meta.url);

/** Each in a process of its own, for the first use of an `AsyncLocalStorage` may change all that comes after it. */
const PARTS = [
  { part: 'never', what: '`withCall` never used' },
  { part: 'outside', what: 'outside of a call, after `withCall` was used' },
  { part: 'within', what: 'within a call, by `withCall`' },
  { part: 'handed on', what: 'within a call, handed on by hand' },
] as const;
type Part = (typeof PARTS)[number]['part'];

type Rounds = Readonly<Record<Part, Found[]>>;

/** A short run asks for what a server pays, and what it is compared to. */
const asked = (effort: Effort): readonly { readonly part: Part; readonly what: string }[] =>
  PARTS.filter(({ part }) => effort === 'full' || part === 'never' || part === 'within');

async function measure(node: string, effort: Effort): Promise<Rounds> {
  const { rounds, turns } = EXTENT[effort];
  const found: Rounds = { never: [], outside: [], within: [], 'handed on': [] };
  for (let round = 0; round < rounds; round++) {
    for (const { part } of asked(effort)) found[part].push(await askChild<Found>(SCRIPT, { node, args: [part, turns] }));
  }
  return found;
}

/** `bareRatio`: what the process's own awaits cost, to those of the process that never used it, of the same round. */
function figures(rounds: readonly Found[], never: readonly Found[]): Omit<Row, 'subject' | 'ours'> {
  const bareNs = rounds.map((found) => median(found.bareNs));
  return {
    ratio: median(rounds.flatMap(({ callNs, bareNs }) => callNs.map((ns, pair) => ns / bareNs[pair]!))),
    ns: median(rounds.map(({ callNs }) => median(callNs))),
    bareRatio: median(bareNs.map((ns, round) => ns / median(never[round]!.bareNs))),
    bareNs: median(bareNs),
  };
}

const NOTHING = { ratio: null, ns: null, bareRatio: null, bareNs: null };

function rowsOf(version: string, effort: Effort, found: Rounds | undefined): Row[] {
  return asked(effort).map(({ part, what }) => ({
    subject: `Node ${version.split('.')[0]}: ${what}`,
    ours: true,
    version,
    ...(found === undefined ? NOTHING : figures(found[part], found.never)),
  }));
}

async function ask(effort: Effort): Promise<Answer> {
  const { rounds, turns } = EXTENT[effort];
  const rows: Row[] = [];
  for (const version of VERSIONS) {
    const node = await nodeOf(version);
    rows.push(...rowsOf(version, effort, node === undefined ? undefined : await measure(node, effort)));
  }
  return {
    id: 'context',
    title: 'What does the call around a call cost?',
    about: `A pipeline with a deadline, in a process that never used \`withCall\`, in one that has used it elsewhere, within a call that it \
finds by itself through \`AsyncLocalStorage\`, and within one that was handed to it, \`inner.run(operation, call)\`. *× bare* is taken in turns \
with a bare await in the same process and the same async context. *Awaits* is what that bare await costs, to one in the process that \
never used \`withCall\`: Node 22 keeps the context with hooks on every promise of the process, later ones with a field of V8's. \
Medians of ${rounds} × ${turns} pairs of turns. A version that was not to be had on the machine has no figures.`,
    columns: [
      { key: 'version', title: 'Node', unit: 'text' },
      { key: 'ratio', title: '× bare', unit: 'ratio' },
      { key: 'ns', title: 'a call', unit: 'ns' },
      { key: 'bareRatio', title: 'awaits', unit: 'ratio' },
      { key: 'bareNs', title: 'bare', unit: 'ns' },
    ],
    rows,
    charts: [{ kind: 'bars', title: 'A call with a deadline, × bare', value: 'ratio' }],
  };
}

export const question: Question = { id: 'context', ask };
