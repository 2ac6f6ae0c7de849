import { seededRandom } from '@holdfast/core/testing';

/** What is done to a member. */
export type Fault =
  /** SIGKILL; another is started in its place when the round is over. */
  | 'kill'
  /** SIGTERM; it must hand over, and end by itself. */
  | 'terminate'
  /** SIGSTOP for longer than the lease lasts, then SIGCONT. */
  | 'freeze'
  /** SIGSTOP for less than that. */
  | 'doze'
  /** Blocks between an assertion and its write for longer than the lease lasts, and writes then. Only a leader does either. */
  | 'stall'
  /** Its network, as in `Weather`. */
  | 'silent'
  | 'deaf'
  | 'refusing'
  | 'slow'
  /** Its connections are reset, once. */
  | 'reset';

export interface Round {
  readonly fault: Fault;
  /** The leader of the moment; or some other member, and then nothing has to come of it. */
  readonly target: 'leader' | 'follower';
  /** A fault that others need not act on lasts so long, in milliseconds. */
  readonly holdMs: number;
}

/** Faults after which somebody else must lead. */
const FATAL: ReadonlySet<Fault> = new Set<Fault>(['kill', 'terminate', 'freeze', 'stall', 'silent', 'deaf', 'refusing']);

export const endsTheTerm = ({ fault, target }: Round): boolean => target === 'leader' && FATAL.has(fault);

const OF_PROCESSES: readonly Fault[] = ['kill', 'terminate', 'freeze', 'doze', 'stall'];
const OF_NETWORKS: readonly Fault[] = ['silent', 'deaf', 'refusing', 'slow', 'reset'];

/** Three of four rounds are the leader's: there is more to get wrong. */
const LEADER_RATIO = 0.75;

/** Every fault once, in an order that the seed decides, as do the targets. */
export function allFaults(seed: number, network: boolean): Round[] {
  const random = seededRandom(seed);
  const faults = network ? [...OF_PROCESSES, ...OF_NETWORKS] : OF_PROCESSES;
  const shuffled = faults.map((fault) => ({ fault, at: random() })).sort((a, b) => a.at - b.at);
  return shuffled.map(({ fault }) => ({
    fault,
    target: random() < LEADER_RATIO || fault === 'stall' ? ('leader' as const) : ('follower' as const),
    holdMs: 100 + Math.floor(random() * 900),
  }));
}
