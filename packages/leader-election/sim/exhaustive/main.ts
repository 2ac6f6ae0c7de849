/*
 * Runs the exhaustive check: without options all scopes that the tests run; with any but `--recovers`, one of your own.
 *
 *   node packages/leader-election/sim/exhaustive/main.ts --nodes 3 --steps 12
 *
 * Ends with code 1 and the shortest path to a violation if there is one.
 */
import { parseArgs } from 'node:util';
import { Elector } from '../../src/elector/elector.ts';
import { explore } from './explore.ts';
import type { RareEvent, Scope } from './scope.ts';
import { SCOPES } from './scopes.ts';
import { traceOf } from './trace.ts';

const USAGE = `Options, each with what holds if it is not given:
  --nodes 2            2 or 3
  --steps 12           length of the longest path
  --from cold          cold, led, lost, unanswered or stopping
  --clocks together    together or apart
  --watch              electors are told of changes
  --ranks 0,0          rank of each node
  --rare ''            rare events, such as fault,copy,pause,stop,resign,return,crash,suspend,wallClock,delete,stream
  --rare-at-most 1     how many of them a path may have
  --recovers           from every state somebody must lead soon, if nothing goes wrong any more
`;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '2' },
    steps: { type: 'string', default: '12' },
    from: { type: 'string', default: 'cold' },
    clocks: { type: 'string', default: 'together' },
    watch: { type: 'boolean', default: false },
    ranks: { type: 'string', default: '0,0,0' },
    rare: { type: 'string', default: '' },
    'rare-at-most': { type: 'string', default: '1' },
    recovers: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function ownScope(): Scope {
  const rare = values.rare.split(',').filter((name) => name !== '') as RareEvent[];
  return {
    name: 'your own',
    nodes: Number(values.nodes) as Scope['nodes'],
    steps: Number(values.steps),
    from: values.from as Scope['from'],
    clocks: values.clocks as Scope['clocks'],
    watch: values.watch,
    ranks: values.ranks.split(',').map(Number),
    rare,
    rareAtMost: rare.length === 0 ? 0 : Number(values['rare-at-most']),
  };
}

function run(scope: Scope): boolean {
  const startedAt = performance.now();
  const { states, transitions, failure } = explore(scope, Elector, { recovers: values.recovers });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${scope.name}: ${states} states, ${transitions} transitions, ${scope.steps} steps deep, ${seconds} s`);
  if (failure !== undefined) console.log(traceOf(scope, failure, Elector));
  return failure === undefined;
}

if (values.help) console.log(USAGE);
else {
  const scopes = process.argv.slice(2).some((option) => option !== '--recovers') ? [ownScope()] : SCOPES;
  process.exitCode = scopes.map(run).every(Boolean) ? 0 : 1;
}
