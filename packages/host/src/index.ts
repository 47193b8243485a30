/**
 * This machine, as all other packages see it: its programs, distribution and processes, its directories for caches and
 * temporary files, its shell and its terminal, and the one form of errors that are for people. Depends on Node alone.
 */
export { architectures, editionArchitecture, foreignArchitecture } from './architecture.ts';
export { cacheDirectory } from './cache-directory.ts';
export type { CodeTable, ErrorDetails, Fault } from './errors.ts';
export { ExplainedError, asError, codeOf, errorWith, firstError, messageOf } from './errors.ts';
export type { HostEvent, PhaseEvent, Progress, ProgressEvent, Timed } from './events.ts';
export { hold } from './held.ts';
export type { Holder, Lock } from './lock.ts';
export { LockHeldError, age, holderOf, reapLock, takeLock, tryLock } from './lock.ts';
export type { NameKind } from './names.ts';
export { isDigest, isName, isSha256, nameProblem } from './names.ts';
export type { OsRelease } from './os-release.ts';
export { osReleasePaths, parseOsRelease, readOsRelease } from './os-release.ts';
export type { Owner } from './owner.ts';
export { isAlive, isHere, ownOwner, parseOwner } from './owner.ts';
export { ownUid, ownUserName } from './own-user.ts';
export { cpuTimeMs, isRunning, startTimeOf } from './process.ts';
export { findProgram, parentDeathPrefix } from './programs.ts';
export { shellCommand, shellQuote } from './shell.ts';
export { HostError, temporaryDirectory } from './temporary-directory.ts';
export { safeColouredLine, safeDocument, safeJson, safeLine, safeText } from './terminal.ts';
