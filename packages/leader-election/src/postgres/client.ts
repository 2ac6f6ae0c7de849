/**
 * What the store needs of the user's database client: a `Pool` of pg, or anything that answers as it does; a single `Client` only where
 * nobody begins transactions on it. Only unnamed statements of one command each are sent, so a transaction pooler may stand in between.
 */
export interface PostgresPool {
  query(text: string, values: unknown[]): Promise<PostgresRows>;
}

export interface PostgresRows {
  /** As objects by column name. */
  readonly rows: readonly unknown[];
}

export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** What a watch needs: a connected `Client` of pg, straight to the server, that nothing else uses. */
export interface PostgresListener {
  query(text: string): Promise<PostgresRows>;
  on(event: 'notification', listener: (message: PostgresNotification) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  end(): Promise<void>;
}
