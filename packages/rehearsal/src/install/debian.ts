/**
 * The lines of apt's, dpkg's or mmdebstrap's output that say why it failed; without such lines, the last ones. A hook of
 * mmdebstrap's ends with `E: command failed` alone: the full disk that ended it is in a line of the hook's program, as
 * `cp: error writing 'FILE': No space left on device`, of which there may be one for each file.
 */
export function reasonsIn(lines: readonly string[]): string[] {
  const errors = lines.filter(
    (line) => /^(?:E:|dpkg: error)/u.test(line) && !line.includes('mmdebstrap failed to run'),
  );
  if (errors.length === 0) return lines.slice(-10);
  const full = lines.find((line) => /^[\w.-]+: .*: No space left on device$/u.test(line) && !errors.includes(line));
  return [...new Set([...(full === undefined ? [] : [full]), ...errors])];
}

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
