/** What a history needs of the folder it lies in. Each but `list` happens at one moment; a listing has all that is there throughout. */
export interface Folder {
  /** For messages. */
  readonly path: string;
  /** @returns no names where there is no folder. */
  list(): Promise<readonly string[]>;
  /** @returns `undefined` where there is no such file. */
  read(file: string): Promise<string | undefined>;
  /** Writes a new file, and waits until its content would outlast a power cut. @returns whether there is a folder for it. */
  create(file: string, text: string): Promise<boolean>;
  /** Makes a file that says something by being there, if there is none. */
  mark(file: string, text: string): Promise<void>;
  /** Gives a file a second name. @returns `false` if that name is taken, or if there is no such file any more. */
  link(file: string, second: string): Promise<boolean>;
  /** Takes a name away, if there is one. */
  unlink(file: string): Promise<void>;
  /** Waits until the names in the folder would outlast a power cut. */
  sync(): Promise<void>;
  /** Makes the folder if there is none, and waits until its own name would outlast a power cut. */
  make(): Promise<void>;
}
