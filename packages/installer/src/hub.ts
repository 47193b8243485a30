/** `3) [!] Installation source` of anaconda's summary; one line has two of them. */
const ENTRY = /\d+\) \[(?<mark>[ x!])\] (?<name>\S+(?: \S+)*)/gu;

/** anaconda's summary of what is set up, in text mode: two columns, and below each name its state in brackets. */
export class Hub {
  readonly #entries = new Map<string, { column: number; mark: string; state: string }>();
  #current: { column: number; name: string }[] = [];

  /** What is marked with `[!]`, and the state that the summary gives it. */
  get open(): { name: string; state: string }[] {
    return [...this.#entries].flatMap(([name, { mark, state }]) => (mark === '!' ? [{ name, state }] : []));
  }

  line(message: string): void {
    const entries = [...message.matchAll(ENTRY)];
    if (entries.length > 0) {
      this.#current = [];
      for (const { index, groups } of entries) {
        const name = groups?.['name'] ?? '';
        // The summary is shown again and again: a run of many hours has a handful of names all the same.
        if (this.#entries.size > 50) return;
        this.#entries.set(name, { column: index, mark: groups?.['mark'] ?? ' ', state: '' });
        this.#current.push({ column: index, name });
      }
      return;
    }
    if (this.#current.length === 0) return;
    if (!/^\s{4,}\S/u.test(message)) {
      this.#current = [];
      return;
    }
    for (const [index, { column, name }] of this.#current.entries()) {
      const entry = this.#entries.get(name);
      const text = message.slice(column, this.#current[index + 1]?.column).trim();
      if (entry !== undefined && text !== '') entry.state = `${entry.state} ${text}`.trim();
    }
  }
}
