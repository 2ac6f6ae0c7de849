import type { Mutant } from './mutant.ts';

/** Bugs that somebody might bring into this elector. */
export const plausible: readonly Mutant[] = [
  {
    name: 'an old token',
    bug: 'the token is the revision over which the lease was taken, not that of the write that took it',
    edits: [{ file: 'leading.ts', find: 'token: lease.revision,', replace: 'token: lease.revision - 1n,' }],
  },
  {
    name: 'a claim is never too old',
    bug: 'a term begins on a claim that a read confirms after its time',
    edits: [
      {
        file: 'following.ts',
        find: "if (state.stopping || validityAt(claim.sentAt, at, settings) === 'held') return beginTerm(turn, claim, lease);",
        replace: 'if (state.stopping || validityAt(claim.sentAt, at, settings)) return beginTerm(turn, claim, lease);',
      },
    ],
  },
  {
    name: 'an answer is never too old',
    bug: 'a term begins on an acquisition whose answer came after its time',
    edits: [
      {
        file: 'following.ts',
        find: "if (state.stopping || validityAt(claim.sentAt, at, settings) === 'held') beginTerm(turn, claim, lease);",
        replace: 'if (state.stopping || validityAt(claim.sentAt, at, settings)) beginTerm(turn, claim, lease);',
      },
    ],
  },
  {
    name: 'claims count from now',
    bug: 'a claim that a read confirms is trusted from the read',
    edits: [
      {
        file: 'following.ts',
        find: "=== 'held') return beginTerm(turn, claim, lease);",
        replace: "=== 'held') return beginTerm(turn, { ...claim, sentAt: at }, lease);",
      },
    ],
  },
  {
    name: 'release after the lapse',
    bug: 'a lease that has lapsed, or is known to be lost, is released all the same',
    edits: [
      {
        file: 'elector.ts',
        find: 'if (role.held) release(turn, role.tenure, role.reason);',
        replace: 'if (role.held || true) release(turn, role.tenure, role.reason);',
      },
    ],
  },
  {
    name: 'renews what is lost',
    bug: 'renewals go on while the work of a lost term ends',
    edits: [
      {
        file: 'elector.ts',
        find: 'if (isFollowing(role)) follow(turn);\n  else if (isHolding(role)) renew(turn, role);',
        replace:
          "if (role.kind === 'following') follow(turn);\n  else if (role.kind === 'leading' || role.kind === 'draining') renew(turn, role as never);",
      },
    ],
  },
  {
    name: 'jumps are ignored',
    bug: 'a wall clock that has run ahead makes no term uncertain',
    edits: [
      {
        file: 'validity.ts',
        find: "  if (jumpMs(confirmed, at) > clockJumpMs) return 'uncertain';\n",
        replace: '  void [jumpMs, clockJumpMs];\n',
      },
    ],
  },
  {
    name: 'the monotonic clock alone',
    bug: 'the time that a machine slept does not count',
    edits: [
      {
        file: 'validity.ts',
        find: "  if (jumpMs(confirmed, at) > clockJumpMs) return 'uncertain';\n  return elapsedMs(confirmed, at) >= renewDeadlineMs ? 'lapsed' : 'held';",
        replace: "  void [jumpMs, clockJumpMs];\n  return 'held';",
      },
    ],
  },
  {
    name: 'a jump waits',
    bug: 'a jump of the clock is settled by the next renewal that is due, not at once',
    edits: [{ file: 'leading.ts', find: '    change(turn, role, { nextAtMs: at.monoMs });\n  }', replace: '  }' }],
  },
  {
    name: 'one’s own duration',
    bug: 'a candidate waits for its own lease duration, not for the holder’s',
    edits: [
      {
        file: 'observation.ts',
        find: 'lease.remainingMs ?? lease.durationMs',
        replace: 'lease.remainingMs ?? settings.leaseDurationMs',
      },
    ],
  },
  {
    name: 'renewals go unseen',
    bug: 'the time to wait starts when the holder changes, and not again at each renewal',
    edits: [
      {
        file: 'observation.ts',
        find: 'previous.lease?.revision === lease?.revision)',
        replace: 'previous.lease?.termId === lease?.termId)',
      },
    ],
  },
  {
    name: 'a bookmark resets the wait',
    bug: 'a sign of life on the watch counts as a renewal',
    edits: [
      {
        file: 'elector.ts',
        find: "    case 'heard':\n      state.heardAtMs = at.monoMs;",
        replace:
          "    case 'heard':\n      state.heardAtMs = at.monoMs;\n      if (state.observation) state.observation = { ...state.observation, freeAtMs: at.monoMs + turn.settings.leaseDurationMs };",
      },
    ],
  },
  {
    name: 'one’s own by name',
    bug: 'a lease is one’s own if the identity is the same, as after a restart or in a second process',
    edits: [
      {
        file: 'observation.ts',
        find: 'return lease.termId.startsWith(`${electorId}.`);',
        replace: 'return lease.termId.startsWith(electorId.slice(0, 3));',
      },
    ],
  },
  {
    name: 'a request clobbers',
    bug: 'who asks for a hand-over writes more than the request',
    edits: [
      {
        file: 'following.ts',
        find: '{ ...recordOf(lease), handOffTo: turn.settings.identity }',
        replace: '{ ...recordOf(lease), renewal: 0, handOffTo: turn.settings.identity }',
      },
    ],
  },
  {
    name: 'no reservation',
    bug: 'a lease that is meant for another is taken at once',
    edits: [
      {
        file: 'observation.ts',
        find: "handOffTo === '' ? 0 : settings.retryPeriodMs",
        replace: "handOffTo === '' ? 0 : 0 * settings.retryPeriodMs",
      },
    ],
  },
  {
    name: 'assigned leases are taken',
    bug: 'a lease that somebody else assigns is taken when it expires',
    edits: [
      {
        file: 'observation.ts',
        find: 'if (lease?.reservedBecause !== undefined) return',
        replace: 'if (lease?.reservedBecause === null) return',
      },
    ],
  },
  {
    name: 'release while draining',
    bug: 'the lease is released as soon as the work is told to end',
    edits: [
      {
        file: 'leading.ts',
        find: "state.role = { kind: 'draining', tenure, held: true, reason, untilMs: at.monoMs + settings.drainTimeoutMs };",
        replace: 'release(turn, tenure, reason);',
      },
    ],
  },
  {
    name: 'release when the wait is over',
    bug: 'a lease whose work does not end is released when the drain time-out is over',
    edits: [
      {
        file: 'elector.ts',
        find: 'if (!state.stopping) return lose(turn, reason);',
        replace: 'if (!state.stopping) return release(turn, tenure, reason);',
      },
    ],
  },
  {
    name: 'a lapse is forgiven',
    bug: 'a term goes on if a renewal succeeds after its time',
    edits: [
      {
        file: 'elector.ts',
        find: "=== 'lapsed') lose(turn, 'lapsed');",
        replace: "=== 'lapsed' && state.pending === undefined) lose(turn, 'lapsed');",
      },
    ],
  },
  {
    name: 'two works at once',
    bug: 'after a loss the candidate campaigns, and does not wait for the work',
    edits: [
      {
        file: 'leading.ts',
        find: '  abort(turn, role.tenure, reason);\n  state.role = ',
        replace:
          "  abort(turn, role.tenure, reason);\n  tell(turn, { type: 'term.ended', token: role.tenure.token, reason, heldMs: 0, drained: true });\n  state.role = { kind: 'following' } as Role;\n  void ",
      },
    ],
  },
  {
    name: 'a deletion is overlooked',
    bug: 'a leader that finds no lease goes on until its deadline',
    edits: [
      {
        file: 'leading.ts',
        find: "  if (lease === undefined) return lose(turn, 'deleted');\n  if (lease.revision < tenure.lease.revision) {",
        replace: '  if (lease === undefined || lease.revision < tenure.lease.revision) {',
      },
    ],
  },
  {
    name: 'obeys without end',
    bug: 'a leader waits as long as the store asks it to, past its deadline',
    edits: [{ file: 'leading.ts', find: 'Math.min(askedMs, lastMs)', replace: 'Math.max(askedMs, lastMs - lastMs)' }],
  },
  {
    name: 'no time for another try',
    bug: 'a request that fails is tried again after half a deadline',
    edits: [
      {
        file: 'leading.ts',
        find: 'return Math.max(at.monoMs, pacedMs, Math.min(askedMs, lastMs));',
        replace: 'return Math.max(at.monoMs, pacedMs + settings.renewDeadlineMs / 2, Math.min(askedMs, lastMs));',
      },
    ],
  },
  {
    name: 'silence is believed',
    bug: 'a watch that says nothing for long is not doubted',
    edits: [
      {
        file: 'settings.ts',
        find: 'Math.min(leaseDurationMs, SILENT_PERIODS * retryPeriodMs)',
        replace: '100 * Math.min(leaseDurationMs, SILENT_PERIODS * retryPeriodMs)',
      },
    ],
  },
  {
    name: 'others’ fields are dropped',
    bug: 'a write keeps nothing of what others have put into the object',
    edits: [
      {
        file: 'turn.ts',
        find: "effects.push({ type: 'write', request, seen, next });",
        replace:
          "const bare = seen && { ...seen, foreign: { ...(seen.foreign as object), notes: 0 } };\n  effects.push({ type: 'write', request, seen: bare, next });",
      },
    ],
  },
  {
    name: 'reads on after the end',
    bug: 'a request is sent after the candidate has stopped',
    edits: [
      {
        file: 'term-end.ts',
        find: "  turn.effects.push({ type: 'finished', leftBehind });",
        replace: "  turn.effects.push({ type: 'finished', leftBehind }, { type: 'read', request: -1 });",
      },
    ],
  },
];
