import type { Programs } from '../program.ts';

/** Asks Debian's package index, which is fetched only when a question comes up. */
export const debianPackages = async (names: readonly string[], programs: Programs): Promise<Set<string>> => {
  const plausible = names.filter((name) => /^[a-z0-9][a-z0-9+.-]+$/u.test(name));
  if (plausible.length === 0) return new Set();
  await programs.run(['apt-get', 'update', '--quiet']);
  const { lines } = await programs.run(['apt-cache', 'pkgnames'], { quiet: true });
  const known = new Set(lines);
  return new Set(plausible.filter((name) => known.has(name)));
};
