/** An installed package. */
export interface InstalledPackage {
  name: string;
  /** As its own package manager writes it: `epoch:version-release` for rpm, where an epoch of 0 is left out. */
  version: string;
  /** Not known of every package. */
  arch?: string | undefined;
}

/**
 * The forms in which the installer and DNF log an installed package, `name-[epoch:]version-release.arch`:
 * - DNF's `dnf.rpm.log`: `2026-11-23T15:50:09+0000 SUBDEBUG Installed: bash-5.2.37-3.fc44.x86_64`
 * - anaconda up to 41, `packaging.log`: `… Installed: bash-5.2.37-3.fc44.x86_64 1732000000 <sha256>`
 * - anaconda since 42, which uses libdnf5: `… Installing - bash-5.2.37-3.fc44.x86_64`
 *   (`pyanaconda/modules/payloads/payload/dnf/transaction_progress.py`); its progress lines, `Installing - … (n/m)`, say
 *   the same again
 */
const installed = /(?:Installed: |Installing - )(?<nevra>\S+)(?: \d+ [0-9a-f]+| \(\d+\/\d+\))?\s*$/u;

/** rpm allows no dash in versions and releases, and no dot in architectures. */
const parts = /^(?<name>.+)-(?:(?<epoch>\d+):)?(?<version>[^-:]+)-(?<release>[^-]+)\.(?<arch>[^.-]+)$/u;

/** The packages that a log says were installed, each once, sorted. Pure. */
export function parseInstallerLog(text: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  for (const line of text.split('\n')) {
    const one = parts.exec(installed.exec(line)?.groups?.['nevra'] ?? '')?.groups;
    if (one === undefined) continue;
    const { name = '', epoch = '0', version = '', release = '', arch = '' } = one;
    const evr = `${epoch === '0' ? '' : `${epoch}:`}${version}-${release}`;
    found.set(`${name} ${evr} ${arch}`, { name, version: evr, arch });
  }
  return sorted([...found.values()]);
}

/** By name, then version, then architecture, in the same order in every locale. */
export function sorted(packages: readonly InstalledPackage[]): InstalledPackage[] {
  const key = ({ name, version, arch = '' }: InstalledPackage): string => `${name}\0${version}\0${arch}`;
  return packages.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
