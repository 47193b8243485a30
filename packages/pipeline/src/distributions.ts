import { editionArchitecture } from '@phyllome/host/architecture';

/**
 * Distributions that leaves may be for: those of which lorax makes live media. What is known of each stands here alone;
 * another one is a row.
 */

/** As os-release(5) has it in `ID`: the key in `release.json`, the name of lorax's builder, and of its folder. */
export type DistributionId = (typeof distributionIds)[number];

export const distributionIds = ['fedora', 'almalinux', 'rocky', 'centos'] as const;

export interface Distribution {
  /** For people. */
  readonly name: string;
  /** What a kickstart is written in, before the number of the release: `F` of `F44`, `RHEL` of `RHEL10`. */
  readonly dialect: 'F' | 'RHEL';
  /** Releases, the first and the last. */
  readonly releases: readonly [first: number, last: number];
  /** The repository of its container image, and where else the same image is. */
  readonly image: string;
  readonly fallback: string;
  /** Before the number of the release, in tags of the image. */
  readonly tagPrefix: string;
  /** Where packages come from, as commands of a kickstart, the architecture written out. */
  readonly sources: (release: number, architecture: string) => readonly string[];
  /** The tree that has the installer. */
  readonly installTree: (release: number, architecture: string) => string;
  /** The month in which a release is given up, as `2032-05`; an estimate, as people move it. */
  readonly endOfLife: (release: number) => string;
}

const fedoraMirrors = 'https://mirrors.fedoraproject.org/mirrorlist';

/** Fedora 44 came in April 2026, and one follows every half year, in October and in April. */
const known = { release: 44, year: 2026 };

/** Enterprise Linux: releases 9 and 10, which are maintained for ten years (RHEL's life cycle, which its likes follow). */
const enterprise = {
  dialect: 'RHEL',
  releases: [9, 10],
  tagPrefix: '',
  endOfLife: (release: number): string => `${2032 + 3 * (release - 9)}-05`,
} as const;

export const distributions: Readonly<Record<DistributionId, Distribution>> = {
  fedora: {
    name: 'Fedora',
    dialect: 'F',
    releases: [34, 99],
    image: 'docker.io/library/fedora',
    fallback: 'quay.io/fedora/fedora',
    tagPrefix: '',
    sources: (release, architecture) => [
      `url --mirrorlist="${fedoraMirrors}?repo=fedora-${release}&arch=${architecture}"`,
      `repo --name=fedora-${release}-updates --mirrorlist="${fedoraMirrors}?repo=updates-released-f${release}&arch=${architecture}"`,
    ],
    installTree: (release, architecture) =>
      `https://download.fedoraproject.org/pub/fedora/linux/releases/${release}/Everything/${architecture}/os/`,
    // A month after the one after the next has come (Fedora's release life cycle).
    endOfLife: (release) => {
      const halves = release + 2 - known.release;
      return `${known.year + Math.floor(halves / 2)}-${halves % 2 === 0 ? '05' : '11'}`;
    },
  },
  almalinux: {
    ...enterprise,
    name: 'AlmaLinux',
    image: 'docker.io/library/almalinux',
    fallback: 'quay.io/almalinuxorg/almalinux',
    sources: enterpriseSources(
      'almalinux',
      'url',
      (release, architecture, repository) =>
        `https://repo.almalinux.org/almalinux/${release}/${repository}/${architecture}/os/`,
    ),
    installTree: (release, architecture) =>
      `https://repo.almalinux.org/almalinux/${release}/BaseOS/${architecture}/os/`,
  },
  rocky: {
    ...enterprise,
    name: 'Rocky Linux',
    image: 'docker.io/rockylinux/rockylinux',
    fallback: 'quay.io/rockylinux/rockylinux',
    sources: enterpriseSources(
      'rocky',
      'mirrorlist',
      (release, architecture, repository) =>
        `https://mirrors.rockylinux.org/mirrorlist?arch=${architecture}&repo=${repository}-${release}`,
    ),
    installTree: (release, architecture) => `https://dl.rockylinux.org/pub/rocky/${release}/BaseOS/${architecture}/os/`,
  },
  centos: {
    ...enterprise,
    name: 'CentOS Stream',
    image: 'quay.io/centos/centos',
    fallback: 'quay.io/centos/centos',
    tagPrefix: 'stream',
    sources: enterpriseSources(
      'centos',
      'metalink',
      (release, architecture, repository) =>
        `https://mirrors.centos.org/metalink?repo=centos-${repository.toLowerCase()}-${release}-stream&arch=${architecture}`,
    ),
    installTree: (release, architecture) =>
      `https://mirror.stream.centos.org/${release}-stream/BaseOS/${architecture}/os/`,
    // Half of the time of what is made of it: until RHEL of the same release gets no more features.
    endOfLife: (release) => `${2027 + 3 * (release - 9)}-05`,
  },
};

/** BaseOS is what is installed of, and AppStream a repository beside it; anaconda has no name for the former. */
function enterpriseSources(
  id: DistributionId,
  option: 'url' | 'mirrorlist' | 'metalink',
  addressOf: (release: number, architecture: string, repository: 'BaseOS' | 'AppStream') => string,
): Distribution['sources'] {
  return (release, architecture) => [
    `url --${option}="${addressOf(release, architecture, 'BaseOS')}"`,
    `repo --name=${id}-${release}-appstream --${option === 'url' ? 'baseurl' : option}="${addressOf(release, architecture, 'AppStream')}"`,
  ];
}

/** What leaves are for: a distribution, in one release. */
export interface Target {
  readonly distribution: DistributionId;
  /** 44 of Fedora 44, 10 of AlmaLinux 10. */
  readonly version: number;
}

/** For people: `AlmaLinux 10`. */
export const targetName = ({ distribution, version }: Target): string =>
  `${distributions[distribution].name} ${version}`;

/** As kickstart tools name it: `F44`, `RHEL10`. */
export const kickstartRelease = ({ distribution, version }: Target): string =>
  `${distributions[distribution].dialect}${version}`;

/** Of the distribution's container image: `44`, `stream10`. */
export const tagOf = ({ distribution, version }: Target): string =>
  `${distributions[distribution].tagPrefix}${version}`;

/** Until when it gets updates, about: `2027-05`. */
export const endOfLife = ({ distribution, version }: Target): string => distributions[distribution].endOfLife(version);

/** Where its installer is, for editions' architecture: an address that ends with a slash. */
export const installTree = ({ distribution, version }: Target): string =>
  distributions[distribution].installTree(version, editionArchitecture.name);

/** Commands of a kickstart that name where its packages come from, for editions' architecture. */
export const packageSources = ({ distribution, version }: Target): readonly string[] =>
  distributions[distribution].sources(version, editionArchitecture.name);

/**
 * `almalinux:10`, `fedora:44`, `centos:stream10`.
 *
 * @returns what is wrong with it, as a sentence, where it is none
 */
export function parseTarget(text: string): Target | string {
  const { id = '', version = '' } = /^(?<id>[a-z]+):(?:f|stream)?(?<version>\d{1,2})$/iu.exec(text)?.groups ?? {};
  const distribution = distributionIds.find((one) => one === id.toLowerCase());
  const examples = 'as fedora:44, almalinux:10, rocky:10 or centos:10';
  if (distribution === undefined) return `It must be a distribution and its release, ${examples}.`;
  const [first, last] = distributions[distribution].releases;
  const number = Number(version);
  if (number >= first && number <= last) return { distribution, version: number };
  return `${distributions[distribution].name} ${number} is none of ${first} to ${last}.`;
}
