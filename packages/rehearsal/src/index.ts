export { type ContextFile, type Privileges, rehearsalBuilder, type RehearsalBuilder } from './client/builder.ts';
export { RehearsalError, type RehearsalErrorCode } from './client/errors.ts';
export { lockReportOf, type LockReport, type RehearsalReport } from './report.ts';
export { currentLocks, type Locks } from './client/update-lock.ts';
export { describeDrift, type Drift, driftSize, type LockChange, lockChanges } from './lock/drift.ts';
