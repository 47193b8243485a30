import { hash } from 'node:crypto';
import type { Builder } from '@phyllome/iso-builder';
import { PipelineError } from '../errors.ts';
import type { Workspace } from '../workspace.ts';

/** A package of an rpm distribution, in one version. */
export interface RecordedPackage {
  name: string;
  /** `[epoch:]version-release`; an epoch of 0 is left out. */
  version: string;
  arch: string;
}

/**
 * Where `phyllome refresh` records what the distribution's repositories came to for an edition, by the name of lorax's builder. A rehearsal has its own record, which
 * is all that it installs from: `containers/rehearsal/packages.lock`.
 */
export const recordedPath = (edition: string, builder: string): string =>
  `containers/${builder}-packages/${edition}.lock`;

const header = '# Written by `phyllome refresh`: packages as name, version, architecture.\n';

/** As rpm allows them. */
const word = /^[A-Za-z0-9][\w.+~^:-]*$/u;
export const isPackage = ({ name, version, arch }: RecordedPackage): boolean =>
  [name, version, arch].every((text) => text.length <= 256 && word.test(text));

/** One package a line, in the same order everywhere: what a refresh changes reads well in a review. Pure. */
export function formatRecorded(packages: readonly RecordedPackage[]): string {
  const lines = packages.map(({ name, version, arch }) => `${name} ${version} ${arch}\n`);
  return header + [...new Set(lines)].toSorted().join('');
}

/** @throws {PipelineError} RECORD_INVALID. Pure. */
export function parseRecorded(text: string, path: string): RecordedPackage[] {
  return text.split('\n').flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    const [name = '', version = '', arch = '', ...rest] = line.split(' ');
    const one = { name, version, arch };
    if (rest.length > 0 || !isPackage(one)) {
      throw new PipelineError('RECORD_INVALID', `${path}:${index + 1}: not a package with its version: ${line}`, {
        hint: 'phyllome refresh writes it anew, or delete it',
      });
    }
    return [one];
  });
}

/** What is recorded for an edition's image by the builder; undefined: nothing, or that builder records elsewhere. */
export function recordedFor(
  workspace: Pick<Workspace, 'readFile'>,
  edition: string,
  { name }: Pick<Builder, 'name'>,
): { packages: RecordedPackage[]; sha256: string } | undefined {
  if (name === 'rehearsal') return undefined;
  const path = recordedPath(edition, name);
  const text = workspace.readFile(path);
  return text === undefined ? undefined : { packages: parseRecorded(text, path), sha256: hash('sha256', text) };
}

/** Packages that are named in one note. */
const namedAtMost = 5;

/** What a build installed otherwise than recorded, for people; one line each. Pure. */
export function describeDifference(
  recorded: readonly RecordedPackage[],
  built: readonly { name: string; version: string }[],
): string[] {
  const is = Map.groupBy(built, ({ name }) => name);
  const was = new Set(recorded.map(({ name }) => name));
  const other = [
    ...recorded
      .filter(({ name, version }) => !(is.get(name) ?? []).some((one) => one.version === version))
      .map(({ name, version }) => {
        const now = is.get(name)?.map((one) => one.version);
        return `${name} ${now === undefined ? 'is not there' : now.join(', ')}, recorded is ${version}`;
      }),
    ...[...is.keys()].filter((name) => !was.has(name)).map((name) => `${name} is not recorded`),
  ];
  if (other.length === 0) return [];
  const more = other.length > namedAtMost ? [`  and ${other.length - namedAtMost} more`] : [];
  return [
    `${other.length} packages are not those that were recorded, which the mirrors may no longer have:`,
    ...other.slice(0, namedAtMost).map((line) => `  ${line}`),
    ...more,
  ];
}
