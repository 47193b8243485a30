/**
 * What becomes of images after they were built and judged: two builds are compared in the terms that people ask about
 * (packages, kernel, services, files, boot arguments, verdicts), and the images of a release are laid out as a
 * directory that any web server can serve. It reads `dist/iso-*` and writes one new directory; it builds, judges and
 * uploads nothing.
 */
export { ReleaseError } from './errors.ts';
export type { ReleaseErrorCode } from './errors.ts';
export { readBuild } from './image/build.ts';
export type { Build, Package, Verdict } from './image/build.ts';
export { readContents } from './image/contents.ts';
export type { Contents } from './image/contents.ts';
export { diffImages, diffPackages, isSame } from './diff/diff-images.ts';
export type { Changes, DirectoryChange, ImageDiff, Updated } from './diff/diff-images.ts';
export { renderDiff } from './diff/render.ts';
export type { PublishOptions, ReleasedBuild } from './publish/edition.ts';
export { renderDiffPage } from './publish/page.ts';
export { fetchRelease, readPreviousReleases } from './publish/previous.ts';
export type { Published } from './publish/publish.ts';
export { publish } from './publish/publish.ts';
