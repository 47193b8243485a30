import { editionArchitecture } from '@phyllome/host/architecture';
import { shellQuote } from '@phyllome/host';
import { suite } from './archives.ts';
import { localSourceFile, preferencesFile } from './package-index.ts';

/** Lays Debian's own packages into an empty directory. */
export interface Bootstrap {
  target: string;
  packages: readonly string[];
  /** Whether manual pages are unpacked: not with `%packages --excludedocs`. */
  manuals: boolean;
  /** Languages whose translations are unpacked, of `%packages --inst-langs`, as `fr_CH` or `de`; undefined: all. */
  languages: readonly string[] | undefined;
  /** Lines of locale.gen(5). */
  locales: readonly string[];
  proxy: string | undefined;
  /** Directories of packages: those that need not be fetched, and where all of them go at the end. */
  debs?: { from: string; to: string } | undefined;
}

/**
 * `SOURCE_DATE_EPOCH` for maintainer scripts, and the time of what they write: the day trixie was released. Not the
 * build's own, so that what is installed depends on nothing but the packages.
 */
export const installationEpoch = 1_754_697_600;

/**
 * Before packages are unpacked: the kernel's package must not make an initramfs of its own, which would take as long as
 * the one that is made at the end, with the medium's configuration.
 */
const noInitramfs = `mkdir -p "$1/etc/kernel/postinst.d" "$1/etc/dpkg/dpkg.cfg.d"
printf '#!/bin/sh\\nexit 0\\n' >"$1/etc/kernel/postinst.d/dracut"
chmod 0755 "$1/etc/kernel/postinst.d/dracut"
echo force-confold >"$1/etc/dpkg/dpkg.cfg.d/rehearsal"`;

/** After the last package: what was only for the installation goes. */
const leaveNoTrace = `rm -f "$1/etc/dpkg/dpkg.cfg.d/rehearsal" "$1/etc/kernel/postinst.d/dracut" \
  "$1${preferencesFile}" "$1${localSourceFile}"`;

const makeLocales = (lines: readonly string[]): string =>
  `printf '%s\\n' ${lines.map((line) => `'${line.replaceAll("'", '')}'`).join(' ')} >"$1/etc/locale.gen"
chroot "$1" locale-gen`;

/**
 * How packages are unpacked: fast, with licences, and of what can be read only what is asked for. Other documentation
 * than manual pages that a rehearsal does not need.
 */
export const dpkgOptions = ({ manuals, languages }: Pick<Bootstrap, 'manuals' | 'languages'>): readonly string[] => [
  '--dpkgopt=force-unsafe-io',
  '--dpkgopt=path-exclude=/usr/share/info/*',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  ...(manuals ? [] : ['--dpkgopt=path-exclude=/usr/share/man/*']),
  ...(languages === undefined
    ? []
    : [
        '--dpkgopt=path-exclude=/usr/share/locale/*',
        '--dpkgopt=path-include=/usr/share/locale/locale.alias',
        ...languages
          .map((language) => language.split(/[_.@]/u)[0] ?? '')
          .filter((language) => /^[a-z]{2,3}$/u.test(language))
          .map((language) => `--dpkgopt=path-include=/usr/share/locale/${language}*`),
      ]),
];

/** The versions that the builder's apt has settled on are to be the target's. */
const sameVersions = `for file in ${preferencesFile} ${localSourceFile}; do
  if [ -e "$file" ]; then mkdir -p "$1\${file%/*}" && cp "$file" "$1$file"; fi
done`;

/** Packages go in before anything is fetched, and come out at the end. The index that the builder has is handed on. */
const debHooks = ({ from, to }: NonNullable<Bootstrap['debs']>): string[] => [
  '--skip=download/empty',
  '--skip=essential/unlink',
  `--setup-hook=mkdir -p "$1/var/cache/apt/archives" "$1/var/lib/apt/lists"
cp --preserve=timestamps /var/lib/apt/lists/*_* "$1/var/lib/apt/lists/" 2>/dev/null || true
find ${shellQuote(from)} -name '*.deb' -exec cp -t "$1/var/cache/apt/archives" '{}' +`,
  `--customize-hook=find "$1/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec cp -t ${shellQuote(to)} '{}' +`,
];

/**
 * The command line of mmdebstrap. It is given no mirror: its default serves. Recommends stay out in any case: Debian's
 * are much wider than Fedora's weak dependencies.
 */
export function mmdebstrapArgv(wanted: Bootstrap): string[] {
  const { target, packages, locales, proxy, debs } = wanted;
  return [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    '--verbose',
    '--skip=check/empty',
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Retries "3"',
    ...(proxy === undefined ? [] : [`--aptopt=Acquire::http::Proxy "${proxy}"`]),
    ...dpkgOptions(wanted),
    `--include=${packages.join(',')}`,
    `--setup-hook=${sameVersions}`,
    `--essential-hook=${noInitramfs}`,
    ...(locales.length === 0 ? [] : [`--customize-hook=${makeLocales(locales)}`]),
    `--customize-hook=${leaveNoTrace}`,
    ...(debs === undefined ? [] : debHooks(debs)),
    suite,
    target,
  ];
}

/** apt's units (`apt-pkg/contrib/strutl.cc`, `SizeToStr`): thousands. */
const APT_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** Bytes of `25.4 MB` or `1,234 kB`. */
const bytesOf = (amount: string, unit: string): number =>
  Number(amount.replaceAll(',', '')) * (APT_UNITS[unit] ?? Number.NaN);

/** As dnf writes it: `138.1 MiB`. */
const mebibytes = (bytes: number): string => `${Math.round((bytes / 2 ** 20) * 100) / 100} MiB`;

/** A line about a download for every so many packages: a log has no use for each. */
const TOLD_EACH = 50;

/**
 * Retells the output of mmdebstrap and apt in anaconda's words, with its numbers, which is where progress is read from.
 * apt first announces the essential packages, then all others: without `expected` the total grows once.
 */
export class InstallProgress {
  readonly #expected: number;
  #announced = 0;
  #unpacked = 0;
  #fetched = 0;
  #fetchedBytes = 0;
  #wantedBytes = 0;
  #downloading = false;

  /** @param expected how many packages there will be in all, where that is known */
  constructor(expected = 0) {
    this.#expected = expected;
  }

  /** The lines of anaconda's for a line of apt's. */
  retell(line: string): string[] {
    const upgrade = /^\d+ upgraded, (?<count>\d+) newly installed/u.exec(line)?.groups?.['count'];
    if (upgrade !== undefined) {
      this.#announced += Number(upgrade);
      this.#fetched = 0;
      return [];
    }
    const need = /^Need to get (?:[\d.,]+ [kMG]?B\/)?(?<amount>[\d.,]+) (?<unit>[kMG]?)B/u.exec(line)?.groups;
    if (need !== undefined) {
      this.#wantedBytes += bytesOf(need['amount'] ?? '', need['unit'] ?? '');
      if (this.#downloading) return [];
      this.#downloading = true;
      return ['Downloading packages'];
    }
    const got = /^Get:\d+ \S+ \S+ (?:\S+ )?\S+ \S+ \S+ \[(?<amount>[\d.,]+) (?<unit>[kMG]?)B\]/u.exec(line)?.groups;
    if (got !== undefined) {
      this.#fetched += 1;
      this.#fetchedBytes += bytesOf(got['amount'] ?? '', got['unit'] ?? '');
      if (this.#fetched % TOLD_EACH !== 0) return [];
      const percent = Math.min(100, Math.floor((100 * this.#fetchedBytes) / Math.max(1, this.#wantedBytes)));
      const [done, wanted] = [mebibytes(this.#fetchedBytes), mebibytes(this.#wantedBytes)];
      return [`Downloading ${this.#announced} RPMs, ${done} / ${wanted} (${percent}%) done.`];
    }
    const unpacking = /^Unpacking (?<name>[^\s:]+)(?::\S+)? \(/u.exec(line)?.groups?.['name'];
    if (unpacking !== undefined) {
      this.#unpacked += 1;
      return [
        ...(this.#unpacked === 1 ? ['Preparing transaction from installation source'] : []),
        `Installing ${unpacking}.${editionArchitecture.debian} (${this.#unpacked}/${Math.max(this.#expected, this.#announced, this.#unpacked)})`,
      ];
    }
    const configuring = /^Setting up (?<name>[^\s:]+)(?::\S+)? \(/u.exec(line)?.groups?.['name'];
    return configuring === undefined ? [] : [`Configuring ${configuring}.${editionArchitecture.debian}`];
  }
}
