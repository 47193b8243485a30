/** Columns as wide as their widest cell, two spaces apart; the last one is left ragged. Pure. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * The same where it fits; else each row as a block: its first cell, and below it the others, each with the name that the
 * first row has for it, wrapped between words. Pure.
 *
 * @param width of the place where it is read, in columns
 */
export function fittingTable(rows: readonly (readonly string[])[], width: number): string {
  const table = textTable(rows);
  if (table.split('\n').every((line) => line.length <= width)) return table;
  const [[, ...names] = [], ...body] = rows;
  const label = Math.max(0, ...names.map((name) => name.length));
  const block = ([first = '', ...cells]: readonly string[]): string[] => [
    first,
    ...cells.flatMap((cell, at) => {
      if (cell === '') return [];
      const indent = ' '.repeat(label + 4);
      const text = wrapped(cell, Math.max(20, width - indent.length)).join(`\n${indent}`);
      return [`  ${(names[at] ?? '').toLowerCase().padEnd(label)}  ${text}`];
    }),
  ];
  return body.flatMap(block).join('\n');
}

/** Lines of at most so many columns; a word that is longer has a line of its own. Pure. */
export function wrapped(text: string, width: number): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) return [...lines, word];
    return [...lines.slice(0, -1), `${last} ${word}`];
  }, []);
}

/** Columns of the terminal that standard output is; elsewhere nothing has to fit. */
export const columns = (): number => (process.stdout.isTTY ? process.stdout.columns : Infinity);
