import type { Lease, LeaseRecord } from '../lease.ts';
import type { LeaseChange } from '../store.ts';
import { systemWallClock, uniqueId } from '../system.ts';
import type { Entry } from './entry.ts';
import { invalid, watchError } from './faults.ts';
import type { FileLease } from './file-lease.ts';
import { isLeaseName, isTicket, positionIn } from './names.ts';
import { joinPath, prepareRoot } from './node-file-system.ts';
import { NodeFolder } from './node-folder.ts';
import { History } from './history.ts';
import type { Tip } from './history.ts';
import { watchFolder } from './node-watch.ts';
import { Request } from './request.ts';
import { append } from './writing.ts';

/** The leases of one folder. */
export class FileStore implements FileLease {
  readonly kind = 'file';
  readonly #root: string;
  readonly #wallClock: () => number;

  constructor(root: string, wallClock: () => number = systemWallClock) {
    this.#root = root;
    this.#wallClock = wallClock;
  }

  async read(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    const request = new Request(`reading the lease ${name}`, signal);
    return request.carryOut(async () => {
      const { entry } = await (await this.#history(name)).tip();
      return leaseOf(entry);
    });
  }

  async write(name: string, seen: Lease | undefined, next: LeaseRecord, signal: AbortSignal): Promise<Lease | undefined> {
    const follow = (last: Entry | undefined): Entry | undefined =>
      leaseOf(last)?.revision === seen?.revision ? { revision: this.#after(last), record: next } : undefined;
    const request = new Request(`writing the lease ${name}`, signal);
    return request.carryOut(async () => leaseOf(await append(await this.#history(name), follow, request)));
  }

  async remove(name: string, signal: AbortSignal): Promise<boolean> {
    const request = new Request(`removing the lease ${name}`, signal);
    const follow = (last: Entry | undefined): Entry | undefined =>
      leaseOf(last) && { revision: this.#after(last), record: undefined };
    return request.carryOut(async () => {
      const history = await this.#history(name);
      while (leaseOf((await history.tip()).entry) !== undefined) {
        if ((await append(history, follow, request)) !== undefined) return true;
      }
      return false;
    });
  }

  async watch(
    name: string,
    seen: Lease | undefined,
    onChange: (change: LeaseChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const tell = (change: LeaseChange): void => {
      if (!signal.aborted) onChange(change);
    };
    try {
      const history = await this.#history(name);
      await history.make();
      const begun = (): void => {
        tell({ type: 'alive' });
        const compare = ({ entry }: Tip): void => {
          if (leaseOf(entry)?.revision !== seen?.revision) tell({ type: 'hint' });
        };
        history.tip().then(compare, () => tell({ type: 'hint' }));
      };
      await watchFolder(
        joinPath(this.#root, name),
        begun,
        hinting(() => tell({ type: 'hint' })),
        signal,
      );
    } catch (error) {
      if (!signal.aborted) throw watchError(name, error);
    }
  }

  async #history(name: string): Promise<History> {
    if (!isLeaseName(name))
      throw invalid(`${JSON.stringify(name)} cannot be the name of a folder; use lower-case letters, digits, "-" and "."`);
    await prepareRoot(this.#root);
    return new History(new NodeFolder(joinPath(this.#root, name)), uniqueId);
  }

  /** The first revision is taken from the clock, so that it is above all that a folder since lost may have had. */
  #after(last: Entry | undefined): bigint {
    if (last !== undefined) return last.revision + 1n;
    return BigInt(Math.max(1, Math.trunc(this.#wallClock() * 1_000)));
  }
}

/** Sorts out which names that come and go in a lease's folder mean something: not those of tickets, and of entries that are tidied away. */
function hinting(hint: () => void): (name: string | undefined) => void {
  let latest = -1;
  return (name) => {
    if (name !== undefined && isTicket(name)) return;
    const position = name === undefined ? undefined : positionIn(name);
    if (position !== undefined && position < latest) return;
    latest = position ?? latest;
    hint();
  };
}

function leaseOf(entry: Entry | undefined): Lease | undefined {
  return entry?.record && { ...entry.record, revision: entry.revision };
}
