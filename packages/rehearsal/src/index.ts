/**
 * A builder for machines that cannot reach Fedora: its container has a livemedia-creator of this package, which turns the
 * same flat kickstart into a bootable ISO of Debian packages, and records in it what stands in for what. For trying
 * kickstarts, their scripts and the whole pipeline offline. It is not a way to make a Fedora image, and nothing it builds
 * is fit for release.
 *
 * This entry is the client, on your machine; `livemedia-creator.ts` is the program inside the container.
 */
export { type ContextFile, type Privileges, rehearsalBuilder, type RehearsalBuilder } from './client/builder.ts';
export { RehearsalError, type RehearsalErrorCode } from './client/errors.ts';
export { lockReportOf, type LockReport, type RehearsalReport } from './report.ts';
export { type Locks, type Offered, offeredPackages } from './client/update-lock.ts';
export { parseLock } from './lock/lock-file.ts';
export { describeDrift, type Drift, driftSize, type LockChange, lockChanges } from './lock/drift.ts';
