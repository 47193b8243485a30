/** The lines of apt's, dpkg's or mmdebstrap's output that say why it failed; without such lines, the last ones. */
export const reasonsIn = (lines: readonly string[]): string[] => {
  const errors = lines.filter(
    (line) => /^(?:E:|dpkg: error)/u.test(line) && !line.includes('mmdebstrap failed to run'),
  );
  return errors.length > 0 ? [...new Set(errors)] : lines.slice(-10);
};
