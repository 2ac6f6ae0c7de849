// `node packages/leader-election/sim/mutants/main.ts [--most RUNS] [--name PART]`: hunts the mutants, and prints which rule each breaks, and after
// how many runs. Exits with 1 if one survives.
import { parseArgs } from 'node:util';
import { hunt, mutants, tableOf } from './hunt.ts';

const { values } = parseArgs({ options: { most: { type: 'string', default: '5000' }, name: { type: 'string', default: '' } } });
const verdicts = await hunt(
  mutants.filter(({ name }) => name.includes(values.name)),
  Number(values.most),
);
console.log(tableOf(verdicts));
process.exitCode = verdicts.every(({ rule }) => rule !== undefined) ? 0 : 1;
