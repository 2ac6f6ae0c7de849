export type Call = () => Promise<unknown>;

/** What is measured. */
export interface Subject {
  readonly name: string;
  readonly ours: boolean;
  readonly call: Call;
  /** The same without what is measured; ratios are taken to it. It must end as `call` does. @default operation */
  readonly bare?: Call;
  /** What every single call must come to, so that no error path is measured unnoticed. @default { value: ANSWER } */
  readonly expected?: Expected;
  /** What holds during this subject's turns alone, such as a subscription: returns what ends it. */
  readonly during?: () => () => void;
  /** Before the first call. */
  readonly setUp?: () => unknown;
  /** After the last call. */
  readonly tearDown?: () => unknown;
}

/** A value every call answers with, or what is true of the error every call rejects with (the bare one's error may be any). */
export type Expected = { readonly value: unknown } | { readonly error: (error: unknown) => boolean };

export const ANSWER = 1;

/** To be awaited: over at once, and still a turn of the microtask queue. */
export const nothing: Promise<void> = Promise.resolve();

/**
 * The dependency that costs nothing, so that all the time above it is the policies'. It waits once, as whatever reaches for something
 * does, if only for the next microtask; over one that does not, a breaker of opossum is 18 × bare instead of 8.
 */
export async function operation(): Promise<number> {
  await nothing;
  return ANSWER;
}

/** Settles before it returns, as what answers from memory does: the dearest yardstick, for nothing is there to be hidden behind. */
export async function settled(): Promise<number> {
  return ANSWER;
}

/** Rejects as an async function that throws does: with a fresh error and its stack. */
export async function refused(): Promise<never> {
  throw new Error('refused');
}

/** Calls once and looks closely: at the very error, where errors are expected. */
export async function checkOnce({ name, call, expected = { value: ANSWER }, during }: Subject): Promise<void> {
  const end = during?.();
  let ending: string;
  try {
    const value = await call();
    if ('value' in expected && value === expected.value) return;
    ending = `answered ${String(value)}`;
  } catch (error) {
    if ('error' in expected && expected.error(error)) return;
    ending = `rejected with ${String(error)}`;
  } finally {
    end?.();
  }
  throw new Error(`"${name}" does not do what is to be measured: it ${ending}`);
}
