/** Totals of a time limit since it was made. Counted where its errors are made: never on the way of a call that is in time. */
export interface Totals {
  /** What it ended. */
  fired: number;
  /** What it did not begin, as no time was left, or too little. */
  refused: number;
}
