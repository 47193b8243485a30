export { type ContextFile, type Privileges, rehearsalBuilder, type RehearsalBuilder } from './client/builder.ts';
export { RehearsalError, type RehearsalErrorCode } from './client/errors.ts';
export type { RehearsalReport } from './report.ts';
