import { ProgramError, type Programs } from '../program.ts';
import { InstallError } from './errors.ts';

/** The lines of apt's, dpkg's or mmdebstrap's output that say why it failed; without such lines, the last ones. */
export const reasonsIn = (lines: readonly string[]): string[] => {
  const errors = lines.filter(
    (line) => /^(?:E:|dpkg: error)/u.test(line) && !line.includes('mmdebstrap failed to run'),
  );
  return errors.length > 0 ? [...new Set(errors)] : lines.slice(-10);
};

/**
 * Which of these names are Debian packages. The package index is fetched only when there is something to ask, and all
 * of it or nothing: a name must not be called misspelt because a mirror does not answer.
 *
 * @throws {InstallError} when the index cannot be fetched.
 */
export const debianPackages = async (
  names: readonly string[],
  { programs, proxy }: { programs: Programs; proxy: string | undefined },
): Promise<Set<string>> => {
  const plausible = names.filter((name) => /^[a-z0-9][a-z0-9+.-]+$/u.test(name));
  if (plausible.length === 0) return new Set();
  try {
    await programs.run([
      'apt-get',
      'update',
      '--quiet',
      '--error-on=any',
      ...(proxy === undefined ? [] : ['--option', `Acquire::http::Proxy=${proxy}`]),
    ]);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new InstallError(["Debian's package index could not be fetched:", ...reasonsIn(error.lastLines)].join('\n'), {
      cause: error,
    });
  }
  const { lines } = await programs.run(['apt-cache', 'pkgnames'], { quiet: true });
  const known = new Set(lines);
  return new Set(plausible.filter((name) => known.has(name)));
};
