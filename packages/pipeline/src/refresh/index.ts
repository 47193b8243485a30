/**
 * Which packages an edition would be made of today. A build takes what the mirrors have at that hour and no commit says what
 * that was: once recorded, it is an input of the image, so that updates reach ISOs, and a build of an old commit can report
 * what it could not reproduce.
 */
export { resolveRpms, wantedOf } from './fedora.ts';
export { formatRecorded, parseRecorded, recordedPath, type RecordedPackage } from '../image/recorded-packages.ts';
