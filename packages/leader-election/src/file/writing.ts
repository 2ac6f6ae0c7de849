import type { Entry } from './entry.ts';
import type { History, Tip } from './history.ts';
import type { Request } from './request.ts';

/** Decides on the entry that is to follow, `undefined` to write none. */
export type Follow = (last: Entry | undefined) => Entry | undefined;

/** Adds one entry to a history, unless another was added since `follow` was asked. @returns it, or `undefined` if none was added. */
export async function append(history: History, follow: Follow, request: Request): Promise<Entry | undefined> {
  const before = await history.tip();
  const entry = follow(before.entry);
  if (entry === undefined) return undefined;
  if (before.position < 0) await history.make();
  request.goOn();
  const ticket = await history.ticket(entry);
  if (ticket === undefined) return undefined;
  let claimed = false;
  try {
    // Only now, with the ticket in the folder, does a look at the tip count: see History.
    const tip = await history.tip();
    request.goOn();
    claimed = isSame(tip, before) && (await claim(history, ticket, tip, request));
  } finally {
    if (!claimed) await history.drop(ticket);
  }
  return claimed ? entry : undefined;
}

async function claim(history: History, ticket: string, tip: Tip, request: Request): Promise<boolean> {
  request.mayBeWritten = true;
  const claimed = await history.claim(ticket, tip.position + 1);
  request.mayBeWritten = claimed;
  if (!claimed) return false;
  await history.settle(tip);
  // The write counts, whatever becomes of this; the next one takes away what is left.
  await history.tidy(tip).catch(() => {});
  return true;
}

/** By revision too: a folder that was deleted and made anew begins at the same position. */
function isSame(tip: Tip, other: Tip): boolean {
  return tip.position === other.position && tip.entry?.revision === other.entry?.revision;
}
