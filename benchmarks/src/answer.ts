/** What a benchmark comes to. Plain JSON: `results.json` is a list of these, and `docs/performance.md` is drawn from that list. */
export interface Answer {
  /** The name of the question's file, such as 'policies-alone'; a heading's anchor. */
  readonly id: string;
  /** The question, as one asks it: 'What does one policy cost?' */
  readonly title: string;
  /** Markdown: what was run against what, how often, and what the figures do not say. */
  readonly about: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly charts: readonly Chart[];
}

export interface Column {
  readonly key: string;
  readonly title: string;
  /** `ratio` is × the bare operation. Absolute times drift with the machine; they are for orientation. */
  readonly unit: 'ratio' | 'ns' | 'us' | 'ms' | 'bytes' | 'percent' | 'count' | 'perSecond' | 'text';
}

/** `subject` names it; the other keys are those of the columns. `null` where there is nothing to measure. */
export interface Row {
  readonly subject: string;
  /** Whether the subject is ours: charts set it off from its peers. */
  readonly ours: boolean;
  readonly [key: string]: string | number | boolean | null;
}

export type Chart = BarChart | LineChart;

/** One bar a row, in the order of the rows. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  /** Key of the column. */
  readonly value: string;
  /** Drawn as a line across the bars: the budget. */
  readonly limit?: number;
  readonly logarithmic?: boolean;
}

/** One line for each value of the column `series`, or a single one. */
export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series?: string;
  /** Those that go together, where another one would press them flat. @default all */
  readonly only?: readonly string[];
  readonly logarithmicX?: boolean;
  readonly logarithmicY?: boolean;
}

/** How thoroughly to ask: a short run is for `pnpm bench:check`, a full one for the page. */
export type Effort = 'short' | 'full';

/** One file of `questions/` exports one of these as `question`. */
export interface Question {
  readonly id: string;
  readonly ask: (effort: Effort) => Promise<Answer>;
}
