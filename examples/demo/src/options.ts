import { parseArgs } from 'node:util';

export interface Options {
  /** Orders per second; undefined: 100, or less if the machine cannot do that with ease. */
  readonly rate: number | undefined;
  /** Fixes when orders are sent and which calls Payments fails. */
  readonly seed: number;
  /** Where the HTML report goes; undefined: a dated file in `reports/`. */
  readonly report: string | undefined;
  readonly serve: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** The command line does not make sense; the message says what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const help = `Usage: demo [options]

Three HTTP services on this machine: Orders calls Inventory (on a real PostgreSQL) and Payments.
Orders arrive at a fixed rate; after 3 s Payments goes down for 8 s. The same 18 s are played twice,
without holdfast and with it, and compared in a table and in an HTML report. Takes under a minute.

Options:
  --rate N        orders per second, 1 to 1000 (default: 100, or less on a slow machine)
  --seed N        fixes when orders are sent and which calls Payments fails (default: 1)
  --report FILE   where the HTML report goes (default: reports/demo-DATE.html)
  --json          the figures as JSON on stdout instead of the table
  --serve         no load: start the services, keep them up to play with, until Ctrl-C
  --help          this text

Environment:
  NO_COLOR        set to anything: no colours

Exit code: 0 the protected run held, 1 it did not, 2 the demo could not run.`;

/** @throws {UsageError} on an unknown option or a value out of range. */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  return {
    rate: values.rate === undefined ? undefined : wholeNumber('rate', values.rate, 1, 1_000),
    seed: wholeNumber('seed', values.seed, 0, 2 ** 32 - 1),
    report: values.report,
    serve: values.serve,
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]): {
  rate?: string;
  seed: string;
  report?: string;
  serve: boolean;
  json: boolean;
  help: boolean;
} {
  try {
    return parseArgs({
      // `npm run demo -- --serve` and its like may hand over the separator itself.
      args: args[0] === '--' ? args.slice(1) : [...args],
      options: {
        rate: { type: 'string' },
        seed: { type: 'string', default: '1' },
        report: { type: 'string' },
        serve: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    const [firstSentence] = (error as Error).message.split('. ');
    throw new UsageError(`${firstSentence}. See demo --help.`);
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, got '${text}'. See demo --help.`);
}
