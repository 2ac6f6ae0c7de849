import type { Mutant } from './mutant.ts';

/** Bugs that elections in the field have, or had: see docs/leader-election.md. */
export const known: readonly Mutant[] = [
  {
    name: 'trust from the answer',
    bug: 'a renewal is trusted from when its answer came (client-go)',
    edits: [{ file: 'leading.ts', find: '{ lease, confirmed: pending.sentAt,', replace: '{ lease, confirmed: at,' }],
  },
  {
    name: 'release clobbers',
    bug: 'the release reads again, and clears whoever is there by then (client-go)',
    edits: [
      {
        file: 'releasing.ts',
        find: 'if (lease?.termId === tenure.termId) return change',
        replace: "if (lease !== undefined && lease.holder !== '') return change",
      },
    ],
  },
  {
    name: 'release before the abort',
    bug: 'the lease is released, and only then is the work told (client-go with ReleaseOnCancel)',
    edits: [
      {
        file: 'leading.ts',
        find: "  abort(turn, tenure, reason);\n  state.role = { kind: 'draining', tenure, held: true, reason, untilMs: at.monoMs + settings.drainTimeoutMs };",
        replace: '  void [settings, at];\n  release(turn, tenure, reason);',
      },
      {
        file: 'releasing.ts',
        find: '  note(turn, lease);\n  endTerm(turn, role.tenure, role.reason);',
        replace:
          "  note(turn, lease);\n  if (role.reason !== 'returned' && role.reason !== 'failed') turn.effects.push({ type: 'abort', termId: role.tenure.termId, reason: role.reason });\n  endTerm(turn, role.tenure, role.reason);",
      },
    ],
  },
  {
    name: 'polls on after a loss',
    bug: 'another holder is seen, and the renewal is only tried again until the deadline (client-go)',
    edits: [
      {
        file: 'leading.ts',
        find: "if (lease.termId !== tenure.termId) return lose(turn, 'taken');",
        replace:
          'if (lease.termId !== tenure.termId) return change(turn, role, { nextAtMs: at.monoMs + settings.retryPeriodMs });',
      },
    ],
  },
  {
    name: 'no uid in the write',
    bug: 'an update without the uid of the object makes a deleted lease anew',
    edits: [
      {
        file: 'turn.ts',
        find: "effects.push({ type: 'write', request, seen, next });",
        replace:
          "const anyUid = seen && { ...seen, foreign: { ...(seen.foreign as object), uid: undefined } };\n  effects.push({ type: 'write', request, seen: anyUid, next });",
      },
    ],
  },
  {
    name: 'a flag for a guard',
    bug: 'assertLeader() looks at a flag that a timer has to clear (client-go’s IsLeader, node-redlock)',
    edits: [
      {
        file: 'elector.ts',
        find: "return confirmed === undefined ? 'lapsed' : validityAt(confirmed, at, this.settings);",
        replace:
          "return confirmed === undefined || this.#state.role.kind !== 'leading' ? 'lapsed' : at.monoMs < 0 ? 'uncertain' : 'held';",
      },
    ],
  },
  {
    name: 'transitions for a token',
    bug: 'leaseTransitions, which starts again when the lease is deleted, is used as the fencing token',
    edits: [{ file: 'leading.ts', find: 'token: lease.revision,', replace: 'token: BigInt(lease.transitions),' }],
  },
  {
    name: 'twice the time',
    bug: 'a term is given up after twice its time (etcd3)',
    edits: [
      {
        file: 'validity.ts',
        find: 'if (at.monoMs >= confirmed.monoMs + renewDeadlineMs) return',
        replace: 'if (at.monoMs >= confirmed.monoMs + 2 * renewDeadlineMs) return',
      },
      {
        file: 'validity.ts',
        find: 'return elapsedMs(confirmed, at) >= renewDeadlineMs ?',
        replace: 'return elapsedMs(confirmed, at) >= 2 * renewDeadlineMs ?',
      },
    ],
  },
  {
    name: 'renewals wait for the watch',
    bug: 'the next renewal is only due when the watch has told of the last (@codedependant/kubernetes-leader-election)',
    edits: [
      {
        file: 'leading.ts',
        find: 'const nextAtMs = state.jumped ? at.monoMs : pending.sentAt.monoMs + renewalGapMs(settings);',
        replace: 'const nextAtMs = state.jumped ? at.monoMs : Number.POSITIVE_INFINITY;',
      },
      {
        file: 'leading.ts',
        find: '  if (revision <= role.tenure.lease.revision) return;',
        replace:
          '  if (revision <= role.tenure.lease.revision) return change(turn, role, { nextAtMs: turn.at.monoMs + turn.settings.retryPeriodMs });',
      },
    ],
  },
  {
    name: 'the holder’s wall clock',
    bug: 'a lease expires by the time that its holder has written into it (fabric8)',
    edits: [
      {
        file: 'turn.ts',
        find: 'state.observation = observe(state.observation, lease, at.monoMs, settings);',
        replace:
          "state.observation = observe(state.observation, lease, at.monoMs, settings);\n  if (lease !== undefined && lease.holder !== '') {\n    const freeAtMs = at.monoMs + lease.renewedAtMs + lease.durationMs - at.wallMs;\n    state.observation = { ...state.observation, freeAtMs };\n  }",
      },
    ],
  },
  {
    name: 'a lost answer is a loss',
    bug: 'the elector does not know its own write again whose answer was lost (dynamolock)',
    edits: [
      {
        file: 'leading.ts',
        find: "if (lease.termId !== tenure.termId) return lose(turn, 'taken');",
        replace: "if (lease.termId !== tenure.termId || lease.renewal !== tenure.lease.renewal) return lose(turn, 'taken');",
      },
    ],
  },
];
