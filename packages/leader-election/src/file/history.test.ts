import { seededRandom } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { heldBy, never } from '../../test/contract/environment.ts';
import { Disk, SimulatedFolder, Steps } from '../../test/simulated-folder.ts';
import type { Entry } from './entry.ts';
import { History } from './history.ts';
import { BEGUN, positionFile } from './names.ts';
import { Request } from './request.ts';
import { append } from './writing.ts';

let tickets = 0;
const historyOn = (disk: Disk, steps: Steps, task: string, deathRatio = 0): History =>
  new History(new SimulatedFolder(disk, steps, task, deathRatio), () => `ticket-${(tickets += 1)}`);

const following = (last: Entry | undefined): Entry => ({ revision: (last?.revision ?? 99n) + 1n, record: heldBy('e') });

test('at most one wins each position, no tip is lost and none is overlooked, whoever sleeps or dies where', async () => {
  let won = 0;
  let breaches: string[] = [];
  for (let seed = 1; seed <= 150 && breaches.length === 0; seed++) {
    const random = seededRandom(seed);
    const [disk, steps] = [new Disk(), new Steps(random)];
    const revisions: bigint[] = [];

    const write = async (task: string): Promise<void> => {
      const history = historyOn(disk, steps, task, 0.03);
      for (let written = 0; written < 4;) {
        const entry = await append(history, following, new Request('writing', never));
        if (entry === undefined) continue;
        revisions.push(entry.revision);
        written += 1;
      }
    };
    const read = async (task: string): Promise<void> => {
      const history = historyOn(disk, steps, task);
      for (let reads = 0; reads < 20; reads++) {
        const { highest } = disk;
        const { position, entry } = await history.tip();
        if (position < highest) disk.breaches.push(`${task} read ${position} when ${highest} was there already`);
        if (position >= 0 && entry?.revision !== BigInt(position + 100)) disk.breaches.push(`${task} read another's entry`);
      }
    };
    void Array.from({ length: 8 }, (_, writer) => write(`w${writer}`));
    void ['r1', 'r2', 'r3'].map(read);
    await steps.run();

    const twice = revisions.length - new Set(revisions).size;
    breaches = twice > 0 ? [...disk.breaches, `${twice} revisions were won twice`] : disk.breaches;
    breaches = breaches.map((breach) => `seed ${seed}: ${breach}`);
    won += revisions.length;
  }

  expect(breaches).toEqual([]);
  expect(won).toBeGreaterThan(1_000); // tasks that all die at once would show nothing
}, 20_000);

test('the next write takes away what the dead have left', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const [disk, steps] = [new Disk(), new Steps(random)];
    const write = async (task: string): Promise<void> => {
      const history = historyOn(disk, steps, task);
      for (let written = 0; written < 3; written++) await append(history, following, new Request('writing', never));
    };
    for (let round = 0; round < 10; round++) {
      const tasks = ['a', 'b', 'c'].map((task) => `${task}${round}`);
      void tasks.map(write);
      await steps.run(Math.floor(random() * 40));
      for (const task of tasks) steps.kill(task);
    }
    const running = write('last');
    await steps.run();
    await running;

    expect([...disk.files.keys()].toSorted()).toEqual([positionFile(disk.highest), BEGUN]);
  }
});

test('a writer that slept through others does not win a position that was freed', async () => {
  const [disk, steps] = [new Disk(), new Steps(() => 0)];
  const [slow, fast] = [historyOn(disk, steps, 'slow'), historyOn(disk, steps, 'fast')];
  const story = (async () => {
    await append(fast, following, new Request('writing', never));
    const ticket = await slow.ticket({ revision: 101n, record: heldBy('slow') });
    const looked = await slow.tip();
    for (let write = 0; write < 3; write++) await append(fast, following, new Request('writing', never));

    return { claimed: await slow.claim(ticket!, looked.position + 1), tip: await slow.tip() };
  })();
  await steps.run();

  expect(await story).toMatchObject({ claimed: false, tip: { position: 3, entry: { revision: 103n } } });
  expect(disk.breaches).toEqual([]);
});
