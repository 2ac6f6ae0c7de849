/** The machine and process an election runs in. This file alone touches them; all of it can be replaced by options. */

/** Wall-clock time in milliseconds: it jumps, and goes on while the machine sleeps. */
export const systemWallClock = (): number => Date.now();

export const uniqueId = (): string => crypto.randomUUID();

/** The name of the pod or machine as the environment has it; a word for "no name" in a browser. */
export function hostName(): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.['HOSTNAME'] ?? process?.env?.['COMPUTERNAME'] ?? 'candidate';
}
