/** As `Promise.withResolvers` makes it; its own type is too new for some readers of our declarations. */
export interface Admission<Ticket> {
  readonly promise: Promise<Ticket>;
  resolve(ticket: Ticket): void;
  reject(reason: unknown): void;
}
