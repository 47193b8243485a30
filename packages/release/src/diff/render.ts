import type { Changes, ImageDiff } from './diff-images.ts';
import { isSame } from './diff-images.ts';

/** The rows of a text or page that are shown of a long list. */
const shownDirectories = 20;

/** For people, as plain text. Whatever prints it makes it safe for terminals. */
export function renderDiff(diff: ImageDiff): string {
  const { from, to, packages, contents } = diff;
  if (isSame(diff)) {
    return from.sha256 === to.sha256
      ? `${to.iso}: the same image, byte for byte`
      : `${from.iso} and ${to.iso} differ in no package, file, service or verdict, but in their bytes`;
  }
  return [
    `${from.iso} → ${to.iso}`,
    `  size: ${sizeChange(diff)}`,
    section('packages', packages.updated.length + packages.added.length + packages.removed.length),
    ...packages.updated.map(({ name, from: before, to: after }) => `    ${name}  ${before} → ${after}`),
    ...packages.added.map(({ name, version }) => `  + ${name}  ${version}`),
    ...packages.removed.map(({ name, version }) => `  - ${name}  ${version}`),
    ...(contents === undefined ? [] : renderContents(contents)),
    ...diff.verdicts.map(({ firmware, from: before, to: after }) => `  verdict ${firmware}: ${before} → ${after}`),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function renderContents({
  kernel,
  services,
  bootArguments,
  directories,
}: NonNullable<ImageDiff['contents']>): string[] {
  const shown = directories.slice(0, shownDirectories);
  return [
    kernel === undefined ? '' : `  kernel: ${kernel.from.join(', ') || 'none'} → ${kernel.to.join(', ') || 'none'}`,
    ...renderChanges('services', services),
    ...renderChanges('boot arguments', bootArguments),
    section('directories with changed files', directories.length),
    ...shown.map(
      ({ directory, added, removed, changed, bytes: change }) =>
        `    ${directory}: ${added} added, ${removed} removed, ${changed} changed, ${signed(change)}`,
    ),
    directories.length > shown.length ? `    and ${directories.length - shown.length} more (--json has them)` : '',
  ];
}

function renderChanges(title: string, { added, removed }: Changes): string[] {
  return [
    section(title, added.length + removed.length),
    ...added.map((one) => `  + ${one}`),
    ...removed.map((one) => `  - ${one}`),
  ];
}

const section = (title: string, count: number): string => (count === 0 ? '' : `  ${title}: ${count}`);

function sizeChange({ size: { from, to } }: ImageDiff): string {
  return from === to ? `${bytes(to)}, as before` : `${bytes(from)} → ${bytes(to)} (${signed(to - from)})`;
}

const signed = (count: number): string => `${count < 0 ? '−' : '+'}${bytes(Math.abs(count))}`;

/** Bytes for people. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
