import type { PolicyCall } from '@holdfast/core';
import type { AnswerLevel, InsideLevel, LevelAnswer } from './levels.ts';

/** Told what came of each level that was asked, by its index. */
export interface AnswerLog {
  answered(level: number, call: PolicyCall, error: unknown): void;
  /** @param error what its answer threw; `undefined` when it only had none for this call. */
  missed(level: number, call: PolicyCall, error: unknown): void;
}

/**
 * Asks level after level, from `first` down, until one has an answer. Rejects with what the last one threw, or with the call's own
 * reason when that is over meanwhile: then nobody waits for an answer any more, and no further level is asked.
 * @param error why no better level answered.
 */
export async function answerFrom(
  levels: readonly (InsideLevel | AnswerLevel)[],
  first: number,
  call: PolicyCall,
  error: unknown,
  log: AnswerLog,
): Promise<unknown> {
  const last = levels.length - 1;
  let why = error;
  for (let level = first; ; level++) {
    const asked = await ask(levels[level]!, call, why);
    if (call.cancelled) throw call.reason;
    if (!asked.threw && (asked.value !== undefined || level === last)) {
      log.answered(level, call, why);
      return asked.value;
    }
    log.missed(level, call, asked.error);
    if (level === last) throw asked.error;
    if (asked.threw) why = asked.error;
  }
}

interface Asked {
  readonly threw: boolean;
  readonly value: unknown;
  readonly error: unknown;
}

async function ask({ answer }: InsideLevel | AnswerLevel, call: PolicyCall, why: unknown): Promise<Asked> {
  try {
    const value = await (typeof answer === 'function' ? (answer as LevelAnswer)(call, why) : answer);
    return { threw: false, value, error: undefined };
  } catch (error) {
    return { threw: true, value: undefined, error };
  }
}
