/** As much of the machine as configuration and credentials are read from. */
export interface Machine {
  /** Of the environment; `undefined` also for an empty one. */
  variable(name: string): string | undefined;
  /** @throws an error with the code `ENOENT` if there is no such file. */
  readText(path: string): Promise<string>;
  /** Runs a program to its end. @returns what it wrote. @throws if it cannot be run or ends with an error, with what it said. */
  run(command: string, args: readonly string[], variables: Readonly<Record<string, string>>): Promise<string>;
  /** Of a path beside another file; absolute ones stay as they are. */
  beside(file: string, path: string): string;
  /** Between the paths in a variable. */
  readonly pathSeparator: string;
  /** Wall-clock milliseconds, for when credentials expire. */
  wallMs(): number;
}

export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ENOENT';
}
