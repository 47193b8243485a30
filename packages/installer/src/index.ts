/**
 * The words and rules of anaconda and lorax, in one place: how far they are, how they fail and what they refuse. The
 * iso-builder watches them by it, deploy watches an installer in a machine of its own, the rehearsal prints the same
 * words, and the flattener's live rules are lorax's.
 */
export type { FailureCause } from './causes.ts';
export { type LogDirectory, explainDirectory, logDirectoriesBelow } from './directory.ts';
export { Evidence, type LogPlace } from './evidence.ts';
export { type ExplainContext, type Explanation, type LoraxProgram, explain } from './explain.ts';
export { type FailureSign, type LogKind, detectFailure } from './failures.ts';
export { type KickstartElement, scriptAt, splitKickstart } from './kickstart-split.ts';
export { labelWarnings } from './labels.ts';
export { type LogMonitor, type LoraxEvent, createLogMonitor } from './log-monitor.ts';
export { parseLogLine } from './log-line.ts';
export * from './live-rules.ts';
export * from './phases.ts';
export { type Subject, lineOf } from './subject.ts';
export * from './words.ts';
