/** A line of a console or a journal, at milliseconds since QEMU was started. */
export interface Line {
  atMs: number;
  text: string;
  /** syslog(3): 0 is an emergency, 7 a debug message. Consoles have none. */
  priority?: number;
}

/**
 * At most so many characters of lines: the beginning and the end are kept, as failures begin in one and show in the
 * other, and a line in the middle says how many are missing and where they are.
 */
export function trimLines(lines: readonly Line[], characters: number, file: string): Line[] {
  const size = (line: Line) => line.text.length;
  if (lines.reduce((sum, line) => sum + size(line), 0) <= characters) return [...lines];
  let [from, to] = [0, lines.length];
  for (let room = characters; from < to;) {
    // Two thirds for the end.
    const line = from * 2 <= lines.length - to ? lines[from] : lines[to - 1];
    if (!line || size(line) > room) break;
    room -= size(line);
    if (line === lines[from]) from++;
    else to--;
  }
  const atMs = lines[from]?.atMs ?? 0;
  return [...lines.slice(0, from), { atMs, text: `… ${to - from} lines are only in ${file}` }, ...lines.slice(to)];
}

/** At most so many bytes of pictures: every other one goes until they fit, the last one and the first stay longest. */
export function thin<T extends { png: Buffer }>(shots: readonly T[], bytes: number): T[] {
  const size = shots.reduce((sum, { png }) => sum + png.length, 0);
  if (size <= bytes) return [...shots];
  if (shots.length <= 1) return [];
  if (shots.length === 2) return thin(shots.slice(1), bytes);
  return thin(
    shots.filter((_, index) => index % 2 === 0 || index === shots.length - 1),
    bytes,
  );
}
