// One candidate in a process of its own: `fork(this, [JSON of MemberOptions])`. While it leads, it asserts, and writes through the
// parent with its token, over and over. It stops at SIGTERM as a service does, and must then end by itself.
import { setTimeout as delay } from 'node:timers/promises';
import { subscribe } from '@holdfast/core';
import { leaderElection } from '../../src/election.ts';
import { shutdownSignal } from '../../src/shutdown-signal.ts';
import type { Term } from '../../src/term.ts';
import { counted } from './counted.ts';
import type { FromMember, MemberOptions, ToMember } from './messages.ts';
import { openStore } from './open-store.ts';
import { sharedNowMs } from './shared-clock.ts';

const { backend, election: name, writeEveryMs, ...options } = JSON.parse(process.argv[2] ?? '') as MemberOptions;
const shutdown = shutdownSignal();
const patienceMs = options.renewDeadlineMs / 2 - options.retryPeriodMs;
const opened = await openStore(backend, patienceMs);
const { store, requests } = counted(opened.store, (kind, ms) => tell({ type: 'took', kind, ms }));
const election = leaderElection({ ...options, name, store });

const answers = new Map<number, (accepted: boolean) => void>();
let lastId = 0;
let stallMs = 0;
let ending = false;

function tell(message: FromMember): void {
  if (process.connected) process.send!(message);
}

process.on('message', (message: ToMember) => {
  if (message.type === 'written') answers.get(message.id)?.(message.accepted);
  else if (message.type === 'stall') stallMs = message.ms;
  else tell({ type: 'status', id: message.id, ...status() });
});
// Whoever started this has gone, unless we leave ourselves.
process.on('disconnect', () => {
  if (!ending) process.exit(1);
});

function status() {
  const { role, leader, watching } = election.snapshot();
  return { role, leader: leader?.identity, watching, requests: requests() };
}

async function work(term: Term): Promise<void> {
  const { token, signal } = term;
  term.assertLeader();
  tell({ type: 'began', token, atMs: sharedNowMs() });
  try {
    while (!signal.aborted) {
      await write(term);
      await delay(writeEveryMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted && (error as Error).name !== 'NotLeaderError') throw error;
  } finally {
    tell({ type: 'settled', token, atMs: sharedNowMs() });
  }
}

async function write(term: Term): Promise<void> {
  const fromMs = sharedNowMs();
  term.assertLeader();
  const toMs = sharedNowMs();
  stall();
  const id = ++lastId;
  const answered = new Promise<boolean>((resolve) => answers.set(id, resolve));
  tell({ type: 'write', id, token: term.token, fromMs, toMs });
  await answered;
  answers.delete(id);
}

/** What a long collection, a slow call or a throttled container does between the assertion and the write. */
function stall(): void {
  const untilMs = sharedNowMs() + stallMs;
  stallMs = 0;
  while (sharedNowMs() < untilMs);
}

// For whoever reads a report of what went wrong.
subscribe((event) => {
  if (event.type === 'lease.request_failed') console.error(`${event.kind}: ${String(event.error)}`);
});

const running = election.run(work, { signal: shutdown });
tell({ type: 'started' });
await running;
await opened.close();
ending = true;
process.disconnect?.();
