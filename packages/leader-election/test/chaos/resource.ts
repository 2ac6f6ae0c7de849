import type { Attempt, Journal, Stretch } from './journal.ts';
import type { FromMember } from './messages.ts';
import type { MemberProcess } from './member-process.ts';

/** A counter behind a fence: it remembers the highest token, refuses lower ones, and writes everything down. */
export class Resource implements Journal {
  readonly attempts: Attempt[] = [];
  readonly stretches: Stretch[] = [];
  count = 0;
  #highest = 0n;

  hear(message: FromMember, from: MemberProcess): void {
    const member = from.identity;
    if (message.type === 'began') {
      this.stretches.push({ member, token: message.token, beganMs: message.atMs, settledMs: undefined });
    } else if (message.type === 'settled') {
      const index = this.stretches.findLastIndex((stretch) => stretch.member === member);
      this.stretches[index] = { ...this.stretches[index]!, settledMs: message.atMs };
    } else if (message.type === 'write') {
      const { id, token, fromMs, toMs } = message;
      const accepted = this.#admit(token);
      this.attempts.push({ member, token, fromMs, toMs, accepted });
      from.tell({ type: 'written', id, accepted });
    }
  }

  /** The last write that was accepted. */
  get last(): Attempt | undefined {
    return this.attempts.findLast(({ accepted }) => accepted);
  }

  #admit(token: bigint): boolean {
    if (token < this.#highest) return false;
    this.#highest = token;
    this.count++;
    return true;
  }
}
