import type { ReadDirectory, ReadFile } from '../../source.ts';

/** What the tools need of the world; the bins give them Node's. */
export interface ToolIo {
  readonly readFile: ReadFile;
  readonly readDirectory: ReadDirectory;
  /** The files that a pattern matches; a name without wildcards matches itself if it exists. */
  readonly glob: (pattern: string) => string[];
  /** @throws {Error} when the file cannot be written */
  readonly writeFile: (path: string, text: string) => void;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}
