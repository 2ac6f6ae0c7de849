import type { Column, Row } from '../../../benchmarks/src/answer.ts';
import { hunt } from '../sim/mutants/hunt.ts';
import { rules } from '../sim/violation.ts';
import type { Section } from './section.ts';

const columns: readonly Column[] = [
  { key: 'bug', title: 'bug', unit: 'text' },
  { key: 'rule', title: 'breaks', unit: 'text' },
  { key: 'runs', title: 'at the run', unit: 'count' },
];

export const mutants: Section = {
  id: 'mutants',
  title: 'Which bugs would be found?',
  about: `Bugs that elections in the field have or had, and others one could write, brought into a copy of the elector one at a time. Each \
simulated run (\`pnpm sim:election\`) is another election with other faults: clocks that run at another speed, jump or stand, processes that stall or crash, messages that \
are late, lost, doubled or cut off, servers that fail. After every step the rules below are checked. In CI each bug must break a rule \
that the elector itself keeps in the same run.`,
  columns,
  charts: [],
};

export async function huntMutants(): Promise<Row[]> {
  const verdicts = await hunt();
  return verdicts.map(({ name, bug, rule, runs }) => ({
    subject: name,
    ours: false,
    bug,
    rule: rule === undefined ? 'nothing: it survives' : `${rule}: ${rules[rule]}`,
    runs,
  }));
}
