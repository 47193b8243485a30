/** A release that the address or the name of a repository names. */
export interface NamedRelease {
  /** As kickstart tools name it: `F44`, `RHEL10`. */
  readonly release: string;
  /** Whose it is, as os-release(5) has it in `ID`; undefined where Enterprise Linux is named and nobody's in particular. */
  readonly distribution: string | undefined;
  /** Of its number, from 0. */
  readonly index: number;
  /** Its number: `44`. */
  readonly number: string;
}

/** `fedora-44`, `fedora-updates-44`, `released-f44`, `/releases/44/`. */
const fedora = /(?<=\bfedora-(?:[a-z]+-){0,2}|\breleased-f|\/(?:releases|updates|development)\/)[3-9]\d\b/gu;

/**
 * `/almalinux/10/`, `/rocky/9.6/`, `mirrorlist/10/baseos`, `BaseOS-10`, `10-stream`, `epel-10`, `epel/10z/`. The number is
 * that of the major release.
 */
const enterprise =
  /(?<=\/(?:almalinux|rocky|centos(?:-stream)?|rhel|oracle|epel|mirrorlist)\/|\b(?:almalinux|rocky|centos|rhel|el|epel|baseos|appstream|crb|extras)-)(?:[7-9]|1\d)(?=[-.z/&"'\s,]|$)|(?<=[-/])(?:[89]|1\d)(?=-stream\b)/giu;

const makers = /\b(?<maker>almalinux|rocky|centos)/iu;

/** The releases that a line names, by the addresses and names of repositories in it. Pure. */
export function releasesNamed(line: string): NamedRelease[] {
  const maker = /-stream\b/u.test(line) ? 'centos' : makers.exec(line)?.groups?.['maker']?.toLowerCase();
  return [
    ...[...line.matchAll(fedora)].map(({ 0: number, index }) => {
      return { release: `F${number}`, distribution: 'fedora', index, number };
    }),
    ...[...line.matchAll(enterprise)].map(({ 0: number, index }) => {
      return { release: `RHEL${number}`, distribution: maker, index, number };
    }),
  ];
}
