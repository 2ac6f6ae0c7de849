/** Enough for all the numbers a double counts exactly: at a thousand writes a second, for 285 000 years. */
const DIGITS = 16;

/** The names of leases that are names of folders too, everywhere, and never hidden or temporary ones. An election's name always is. */
const LEASE = /^[a-z0-9][a-z0-9._-]{0,252}$/;
const POSITION = new RegExp(`^\\d{${DIGITS}}\\.json$`);
const TICKET = /^[-0-9a-z]+\.ticket$/;

export function isLeaseName(name: string): boolean {
  return LEASE.test(name);
}

/** The file at this position of a lease's history, counted from 0. */
export function positionFile(position: number): string {
  return `${String(position).padStart(DIGITS, '0')}.json`;
}

/** @returns `undefined` for a file that is something else. */
export function positionIn(file: string): number | undefined {
  return POSITION.test(file) ? Number.parseInt(file, 10) : undefined;
}

export function ticketFile(id: string): string {
  return `${id}.ticket`;
}

export function isTicket(file: string): boolean {
  return TICKET.test(file);
}

/** A file that is there before the first entry of a history is deleted, and from then on. */
export const BEGUN = 'begun';
