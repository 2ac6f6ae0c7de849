import { describe, expect, test } from 'vitest';
import type { Term } from '../../../src/term.ts';
import { until } from '../environment.ts';
import { heldByOther, scene } from './scene.ts';
import type { Scene } from './scene.ts';

// In coordinated elections a controller of the cluster chooses among LeaseCandidates, and writes the Lease. holdfast makes no
// LeaseCandidate: it leaves assigned Leases alone, and candidates that are preferred say so in the Lease itself.

const assigned = { ...heldByOther, strategy: 'OldestEmulationVersion', preferredHolder: 'other' };

describe('a lease that the cluster assigns', () => {
  test('[9] is left to its holder', async () => {
    await using it = await scene();
    it.put(assigned);
    it.start();
    await until(() => it.election.snapshot().watching);
    await it.pass(60_000);
    expect(new Set(it.calls)).toEqual(new Set(['get']));
    expect(it.spec).toEqual(assigned);
    expect(it.election.leader()).toMatchObject({ identity: 'other', isSelf: false });
  });

  test('[10] is neither renewed nor taken where it bears our name, until it is assigned no more', async () => {
    await using it = await scene();
    const { strategy: _strategy, preferredHolder: _preferredHolder, ...plain } = assigned;
    it.put({ ...assigned, holderIdentity: 'me', preferredHolder: 'me' });
    it.start();
    await until(() => it.election.snapshot().watching);
    await it.pass(60_000);
    expect(new Set(it.calls)).toEqual(new Set(['get']));
    expect(it.election.leader()).toMatchObject({ identity: 'me', isSelf: false });

    it.put({ ...plain, holderIdentity: 'me' });
    await it.pass(17_000);
    await until(() => it.election.isLeader);
    const before = it.calls.length;
    await it.pass(2_000);
    expect(it.calls.slice(before)).toEqual(['update']);
  });
});

describe('a candidate that is preferred', () => {
  test('[37] says so in the lease that another holds', async () => {
    await using it = await scene();
    await using led = await otherLeads(it);
    it.start();
    await until(() => it.asks.length > 0);
    expect(it.asks).toEqual(['me']);
    await until(() => led.term.signal.aborted);
    expect(it.spec).toMatchObject({ holderIdentity: 'other' });
  });

  test('[38] takes at once what is then offered to it, and others leave it alone', async () => {
    await using it = await scene();
    await using led = await otherLeads(it);
    it.start();
    await until(() => led.term.signal.aborted);
    const third = it.candidate({ identity: 'third' });
    third.start(() => expect.unreachable('it was offered to another'));
    await until(() => third.snapshot().watching);
    const offeredAtMs = it.clock.now();
    led.end();
    await until(() => third.leader() === undefined);
    await it.clock.advance(0);
    await until(() => it.election.isLeader);
    expect(it.clock.now()).toBe(offeredAtMs);
    expect(it.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 });
  });
});

/** A candidate of lower rank leads, and its work goes on until a test ends it. */
async function otherLeads(it: Scene): Promise<AsyncDisposable & { readonly term: Term; end(): void }> {
  const other = it.candidate({ identity: 'other', rank: 1 });
  const work = Promise.withResolvers<void>();
  const terms: Term[] = [];
  other.start((term) => {
    terms.push(term);
    return work.promise;
  });
  await until(() => other.snapshot().watching);
  await it.pass(1_500);
  await until(() => terms.length > 0);
  return {
    term: terms[0]!,
    end: work.resolve,
    async [Symbol.asyncDispose]() {
      work.resolve();
      await other.stop();
    },
  };
}
