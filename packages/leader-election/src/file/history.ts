import { entryIn, entryText } from './entry.ts';
import type { Entry } from './entry.ts';
import { invalid } from './faults.ts';
import type { Folder } from './folder.ts';
import { BEGUN, isTicket, positionFile, positionIn, ticketFile } from './names.ts';

/** The end of a history, and what else lay in its folder when it was listed. */
export interface Tip {
  /** Position of the last entry; -1 if there is none. */
  readonly position: number;
  readonly entry: Entry | undefined;
  readonly begun: boolean;
  readonly tickets: readonly string[];
  /** Files of the entries up to this one, the oldest first. */
  readonly entries: readonly string[];
}

/** A look that did not show the tip means that there was a write meanwhile: nobody is outrun that often. */
const LOOKS = 100;

const NOTE = 'The files in this folder are a lease of holdfast. Delete all of them or none, and only while no candidate runs.\n';

/**
 * The history of one lease: a folder in which the file of position n+1 is made by `link(2)`, which fails if there is one. Whoever links
 * it first has made the one write that follows n. There is no lock that could be left behind, broken by two, or lost while paused.
 *
 * What makes it safe to delete old entries is the order of things:
 * 1. A writer makes its ticket, a file with all that it wants to write, under a name of its own in the same folder. Then it looks at the
 *    tip, and only if that is what it was asked to write over does it link its ticket to the next position.
 * 2. Whoever has linked position n+1 first sees to it that the file `begun` is there, which stays. Then it unlinks the tickets it saw
 *    before, and then the entries up to n, the oldest first.
 *
 * So a writer that slept between its look and its link, while others went on and deleted what they had written, does not win a position
 * that is merely free again: its ticket was there before it looked, thus before they wrote, and is unlinked before the first of their
 * entries is; without a ticket there is nothing to link. A ticket made later is looked at later, and sees that the tip has gone on.
 *
 * A reader lists, and opens the last entry it saw. As entries vanish from the oldest on, one that can still be opened shows that
 * nothing after it had vanished while it listed: it is the tip, or was it after the read began. One that cannot be opened any more
 * shows that a write came between, and it lists again. So it does if it saw no entry at all, unless `begun` is not there either: then
 * none had been deleted.
 *
 * A process that dies leaves at most its ticket, and what it had not deleted yet; the next writer takes them away.
 */
export class History {
  readonly #folder: Folder;
  readonly #uniqueId: () => string;

  constructor(folder: Folder, uniqueId: () => string) {
    this.#folder = folder;
    this.#uniqueId = uniqueId;
  }

  /** @throws {LeaseStoreError} if the last entry is not one. */
  async tip(): Promise<Tip> {
    for (let look = 0; look < LOOKS; look++) {
      const tip = await this.#look();
      if (tip !== undefined) return tip;
    }
    throw invalid(
      `${this.#folder.path} is the folder of a lease, and has none: its files were deleted one by one. Stop all candidates, and ` +
        'delete the folder',
    );
  }

  /** Writes what is to be linked. @returns its file, `undefined` if the folder was deleted. */
  async ticket(entry: Entry): Promise<string | undefined> {
    const file = ticketFile(this.#uniqueId());
    return (await this.#folder.create(file, entryText(entry))) ? file : undefined;
  }

  /** Makes the ticket the entry at this position. @returns whether it is now; `false` means that it never was. */
  claim(ticket: string, position: number): Promise<boolean> {
    return this.#folder.link(ticket, positionFile(position));
  }

  /** Until what was claimed after this tip would outlast a power cut. */
  async settle({ begun }: Tip): Promise<void> {
    if (!begun) await this.#folder.mark(BEGUN, NOTE);
    await this.#folder.sync();
  }

  /** Deletes what a claim after this tip has made useless, once it has settled. */
  async tidy({ tickets, entries }: Tip): Promise<void> {
    for (const file of [...tickets, ...entries]) await this.#folder.unlink(file);
  }

  /** Takes a ticket back. */
  drop(ticket: string): Promise<void> {
    return this.#folder.unlink(ticket);
  }

  /** Makes the place for the first entry. */
  make(): Promise<void> {
    return this.#folder.make();
  }

  async #look(): Promise<Tip | undefined> {
    const files = await this.#folder.list();
    const begun = files.includes(BEGUN);
    const tickets = files.filter(isTicket);
    const entries = files.filter((file) => positionIn(file) !== undefined).toSorted();
    const last = entries.at(-1);
    if (last === undefined) {
      const missed = (await this.#folder.read(BEGUN)) !== undefined;
      return missed ? undefined : { position: -1, entry: undefined, begun, tickets, entries };
    }
    const text = await this.#folder.read(last);
    return text === undefined
      ? undefined
      : { position: positionIn(last)!, entry: this.#parse(last, text), begun, tickets, entries };
  }

  #parse(file: string, text: string): Entry {
    const entry = entryIn(text);
    if (entry !== undefined) return entry;
    const { path } = this.#folder;
    throw invalid(
      `${file} in ${path} is no lease, it begins with ${JSON.stringify(text.slice(0, 60))}; whatever wrote it was not this store. ` +
        'Stop all candidates, look what it is, and delete that folder',
    );
  }
}
