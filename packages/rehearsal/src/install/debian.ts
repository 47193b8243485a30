/** The lines of apt's, dpkg's or mmdebstrap's output that say why it failed; without such lines, the last ones. */
export const reasonsIn = (lines: readonly string[]): string[] => {
  const errors = lines.filter(
    (line) => /^(?:E:|dpkg: error)/u.test(line) && !line.includes('mmdebstrap failed to run'),
  );
  return errors.length > 0 ? [...new Set(errors)] : lines.slice(-10);
};

/**
 * The paths that dpkg(1) `--verify` reports as other than their packages have them: `??5?????? c /etc/issue`. Those of
 * configuration files are left out, which maintainer scripts may change, and those that are `missing`, which were never
 * unpacked. Pure.
 */
export function alteredFiles(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const { path } = /^[?.0-9A-Z]{9} {3}(?<path>\/.*)$/u.exec(line)?.groups ?? {};
    return path === undefined ? [] : [path];
  });
}
