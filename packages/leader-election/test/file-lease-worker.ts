import { writeSync } from 'node:fs';
import { fileLease } from '../src/file.ts';
import { heldBy } from './contract/records.ts';

/** A process that takes a lease again and again until it is killed, whoever holds it, and says each time which revision it won. */
const [folder = '', name = '', worker = ''] = process.argv.slice(2);
const store = fileLease({ folder });
const { signal } = new AbortController();

for (let last = 0n; ;) {
  const seen = await store.read(name, signal);
  if (seen !== undefined && seen.revision < last) writeSync(1, `back from ${last} to ${seen.revision}\n`);
  const counter = (seen?.renewal ?? -1) + 1;
  const written = await store.write(name, seen, heldBy(worker, { renewal: counter }), signal);
  if (written !== undefined) writeSync(1, `won ${written.revision} ${counter}\n`);
  last = written?.revision ?? seen?.revision ?? last;
}
