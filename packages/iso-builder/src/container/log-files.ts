/**
 * The names under which a builder's logs are kept. They come from the builder: it must neither overwrite what is ours nor
 * fill the disk, and a name that no file system takes must not end a build that succeeded.
 */

/** What this package writes beside them. */
const ours: ReadonlySet<string> = new Set(['console.log', 'events.jsonl', 'kernel.log']);

/** Of one build. A real one leaves some thirty logs with 20 MB. */
export const logLimits = { files: 500, bytes: 256 * 2 ** 20, fileBytes: 64 * 2 ** 20, depth: 6, name: 100 } as const;

/** Decides where each log goes, in the order in which they come. */
export class LogNames {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  #bytes = 0;
  /** What is not as the builder had it, in words. */
  readonly remarks = new Map<string, number>();

  /**
   * Where a log of this name and size is kept, as parts of a path; undefined: it is left out.
   *
   * @param name as an archive has it, below the folder of the logs
   */
  place(name: string, bytes: number): string[] | undefined {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.length === 0 || parts.includes('..')) return undefined;
    if (parts.length > logLimits.depth) return this.#leaveOut('are in too many folders');
    if (this.#files.size >= logLimits.files) return this.#leaveOut(`are more than ${logLimits.files}`);
    if (bytes > logLimits.fileBytes || this.#bytes + bytes > logLimits.bytes) return this.#leaveOut('are too large');
    const wanted = parts.map(safePart);
    const placed = this.#free(wanted);
    if (placed.join('/') !== parts.join('/')) this.#remark('are kept under other names');
    this.#bytes += bytes;
    this.#files.add(placed.join('/').toLowerCase());
    for (let depth = 1; depth < placed.length; depth += 1)
      this.#folders.add(placed.slice(0, depth).join('/').toLowerCase());
    return placed;
  }

  /** The same name, or with a number where it is ours, or taken by a file or a folder. */
  #free(wanted: readonly string[]): string[] {
    // A folder must not have the name of a file.
    const folders = wanted.slice(0, -1).reduce<string[]>((before, part) => {
      let name = part;
      for (let n = 2; this.#files.has([...before, name].join('/').toLowerCase()) || isOurs(before, name); n += 1)
        name = `${part}~${n}`;
      return [...before, name];
    }, []);
    const last = wanted.at(-1) ?? '';
    let name = last;
    for (let n = 2; this.#isTaken([...folders, name]) || isOurs(folders, name); n += 1) name = `${last}~${n}`;
    return [...folders, name];
  }

  #isTaken(parts: readonly string[]): boolean {
    const path = parts.join('/').toLowerCase();
    return this.#files.has(path) || this.#folders.has(path);
  }

  #leaveOut(why: string): undefined {
    this.#remark(`${why}: they are left out`);
  }

  #remark(what: string): void {
    this.remarks.set(what, (this.remarks.get(what) ?? 0) + 1);
  }
}

const isOurs = (folders: readonly string[], name: string): boolean =>
  folders.length === 0 && ours.has(name.toLowerCase());

/** Letters of any script, digits and what names of logs have; no blank at either end, no option, nothing hidden. */
function safePart(part: string): string {
  const plain = part.replaceAll(/[^\p{L}\p{N}._+@:-]/gu, '_').replace(/^[-.]/u, '_');
  // In bytes, as file systems count; half a letter at the end is none.
  return Buffer.from(plain)
    .subarray(0, logLimits.name)
    .toString()
    .replace(/\uFFFD+$/u, '');
}
