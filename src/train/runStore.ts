/** Where a run keeps its checkpoints and logs: a folder, by plain file names. */
export interface RunStore {
  /** What it is called in messages, e.g. the folder's path. */
  readonly name: string;
  /** The names of its files. */
  list(): Promise<readonly string[]>;
  /** @throws DataError when there is no such file */
  read(file: string): Promise<Uint8Array>;
  /** Writes a file whole or not at all. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  append(file: string, bytes: Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
}
