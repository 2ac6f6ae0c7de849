// One of several processes of which exactly one runs a job every second: `node member.ts <folder> <name>`.
import { leaderElection, shutdownSignal } from '@holdfast/leader-election';
import type { Term } from '@holdfast/leader-election';
import { fileLease } from '@holdfast/leader-election/file';
import { eachSecond } from './schedule.ts';

const [folder, identity] = process.argv.slice(2);
if (folder === undefined || identity === undefined) {
  console.error('usage: node member.ts <absolute path of a folder> <name of this process>');
  process.exit(64);
}

const election = leaderElection({
  name: 'cron',
  identity,
  store: fileLease({ folder }),
  // A fifth of the defaults: a leader that is killed is replaced within 3 s or so.
  leaseDurationMs: 3_000,
  renewDeadlineMs: 2_000,
  retryPeriodMs: 400,
});

/** What must happen once a second. Whoever keeps the record refuses a token lower than one it has seen. */
async function job(second: number, term: Term): Promise<void> {
  console.log(`${identity}: job of second ${second} under token ${term.token}`);
  process.send?.({ second, identity, token: String(term.token) });
}

await election.run(
  async (term) => {
    for await (const second of eachSecond(term.signal)) {
      term.assertLeader();
      await job(second, term);
    }
  },
  { signal: shutdownSignal() },
);
console.log(`${identity}: done, and the lease is released`);
process.disconnect?.();
