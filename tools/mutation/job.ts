// What the command tells a test process to do, and what it hears of it. Reports are lines of a file, so that they outlive a
// process that has to be killed.
import { appendFileSync } from 'node:fs';

/** Tests go by their names within the file: every test of a table has the mutants of all that share its name. */
export type Job =
  /** Run every test twice with no mutant on, and say which mutants each reaches. */
  | { readonly kind: 'survey' }
  /** For each test run it with one after the other of these mutants on; when the modules are spoilt load them anew, so many times. */
  | { readonly kind: 'warm'; readonly tests: Readonly<Record<string, TestPlan>>; readonly rounds: number }
  /** For each mutant load everything anew with it on, and run the tests. */
  | { readonly kind: 'cold'; readonly mutants: readonly number[]; readonly tests: Readonly<Record<string, TestPlan>> };

export interface TestPlan {
  /** Empty in a cold job. */
  readonly mutants: readonly number[];
  /** How long the test may take, in milliseconds. */
  readonly limitMs: number;
}

export interface Found {
  readonly run: number;
  readonly passed: boolean;
  readonly ms: number;
  readonly reached: readonly number[];
}

export type Report =
  /** What a survey finds; the first run of a test is number 1. */
  | (Found & { readonly kind: 'test'; readonly test: string })
  /** Mutants reached while the file was loaded, or between tests. */
  | { readonly kind: 'loaded'; readonly reached: readonly number[] }
  | { readonly kind: 'begun'; readonly mutant: number; readonly test: string }
  /** Without `hit` it was not even reached: the code runs only once in a process, and has run before. */
  | { readonly kind: 'passed'; readonly mutant: number; readonly test: string; readonly hit: boolean }
  | { readonly kind: 'killed'; readonly mutant: number; readonly late: boolean }
  /** A test fails in this process with no mutant on: its modules are not to be used any more. `fresh` when none has been on before. */
  | { readonly kind: 'spoilt'; readonly test: string; readonly fresh: boolean }
  /** The job is done, so the process was not killed; errors are those of loading the file. */
  | { readonly kind: 'ended'; readonly errors: readonly string[] };

/** What is handed to a test process. */
export interface Order {
  readonly job: Job;
  /** The file reports go to. */
  readonly reports: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    mutation: Order;
  }
}

export function report(path: string, line: Report): void {
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

export function readReports(text: string): Report[] {
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Report);
}
