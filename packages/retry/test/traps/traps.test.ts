import { scenarios } from '../../../../traps/src/scenarios.ts';
import { testTraps } from '../../../../traps/src/testing.ts';

testTraps(await scenarios('retry'));
