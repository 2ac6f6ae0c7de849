import type { Schedule } from '../model.ts';

/** What was played, how it was measured, and why the comparison is fair. */
export function explanation({ healthyMs, outageMs, recoveryMs }: Schedule): string {
  return `<h2>What was played</h2>
<p>Orders takes an order, reserves the goods at Inventory (an UPDATE in a real PostgreSQL), charges the customer at Payments, and answers. All of them are processes of their own on this machine and talk HTTP.</p>
<ul>
<li>${healthyMs / 1_000} s healthy: Payments answers in 20 to 50 ms and can do three times this load.</li>
<li>${outageMs / 1_000} s outage: Payments answers half of the calls with 500 at once; the other half take one of its workers and hang for 10 s. The rest stands in line.</li>
<li>${recoveryMs / 1_000} s after the repair: Payments works again, beginning with its line, the charges nobody waits for any more included.</li>
</ul>
<p>With holdfast an order that cannot be charged is accepted with its payment pending; Orders charges it later, a few at a time, once Payments is back.</p>
<h2>How it was measured</h2>
<ul>
<li>Orders arrive at random times fixed before the run, the same in both runs, whether or not earlier ones were answered (open loop). The time to the answer counts from the moment an order was due.</li>
<li>A customer gives up after 12 s. An order without an answer counts with the time it was waited for.</li>
<li>In time means paid, or accepted with the payment pending, within 1 s. Healthy again means more: from then on, in every half second, at least 95 % of the orders were paid in time.</li>
<li>Orders in work and memory (resident set of the process) are reported by Orders itself four times a second, the calls by Payments. A point of the other curves tells of the second around it.</li>
</ul>
<h2>Is it fair?</h2>
<p>The service without holdfast is what a reasonable team writes: a pooled client, a time-out of 5 s, up to three attempts at once, an idempotency key. Both runs share the service's code, the load, the database and the seed; only the way the two calls are made differs. What a team could do by hand instead: a shorter time-out and a pending answer in the catch block would bring most answers under a second, too; it would still send Payments every call and every retry while it is down, and hold every order for the full time-out.</p>`;
}
