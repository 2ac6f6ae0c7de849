// Three processes, one job a second, and every process killed once while it leads.
import { once, EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Members } from './members.ts';
import { Record } from './record.ts';
import type { Run } from './record.ts';

const jobsBeforeEachKill = 3;

const folder = await mkdtemp(join(tmpdir(), 'holdfast-cron-'));
const record = new Record();
const written = new EventEmitter();
const members = new Members(folder, (run) => {
  const taken = record.write(run);
  console.log(`${taken ? ' ' : '!'} ${run.identity} ran the job of second ${run.second % 1_000} under token ${run.token}`);
  if (taken) written.emit('run', run);
});
for (const name of ['ann', 'ben', 'cy']) members.start(name);

const survived = new Set<string>();
let leader: string | undefined;
let jobs = 0;
while (survived.size < 3) {
  const [run] = (await once(written, 'run')) as [Run];
  jobs = run.identity === leader ? jobs + 1 : 1;
  leader = run.identity;
  if (jobs < jobsBeforeEachKill) continue;
  // One that was killed before only makes way for the others, at once.
  const signal = survived.has(leader) ? 'SIGTERM' : 'SIGKILL';
  console.log(`  ${leader} is ${signal === 'SIGKILL' ? 'killed' : 'asked to stop'}`);
  await members.end(leader, signal);
  survived.add(leader);
  members.start(leader);
  jobs = 0;
}
await once(written, 'run'); // and it goes on after the last

const { runs, refused, doubled, longestGap } = record;
console.log(
  `\n${runs.length} jobs; seconds with two: ${doubled.length}; longest gap: ${longestGap} s; refused for an old token: ${refused.length}`,
);
process.exitCode = doubled.length > 0 ? 1 : 0;

await members[Symbol.asyncDispose]();
await rm(folder, { recursive: true, force: true });
