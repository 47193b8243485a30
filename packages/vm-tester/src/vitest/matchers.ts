import type { Allow } from '../verdict/allow.ts';
import type { Cause, Phase } from '../verdict/verdict.ts';
import type { FileExpectation } from './matchers/files.ts';

export * from './matchers/files.ts';
export * from './matchers/journal.ts';
export * from './matchers/system.ts';
export * from './matchers/systemd.ts';
export * from './matchers/verdict.ts';

/** What the matchers are called with; each is about a Machine, the first two also about a Verdict. */
export interface VmMatchers {
  toBeAccepted(): Promise<void>;
  toBeRejected(why?: { cause?: Cause; phase?: Phase }): Promise<void>;
  toBootWithin(ms: number): Promise<void>;
  toHaveActiveUnit(unit: string): Promise<void>;
  toHaveFile(path: string, expectation?: FileExpectation): Promise<void>;
  toHaveKernelArgument(name: string, value?: string | RegExp): Promise<void>;
  toHaveMount(path: string, expectation?: { fstype?: string; options?: string[] }): Promise<void>;
  toHaveNoCoredumps(options?: { allow?: Allow[] }): Promise<void>;
  toHaveNoDenials(options?: { allow?: Allow[] }): Promise<void>;
  toHaveNoFailedUnits(options?: { except?: string[] }): Promise<void>;
  toHaveNoJournalErrors(options?: { allow?: Allow[] }): Promise<void>;
  toHavePackage(name: string, version?: string): Promise<void>;
  toHaveSecureBoot(): Promise<void>;
  toHaveUser(name: string, expectation?: { groups?: string[]; locked?: boolean }): Promise<void>;
  toListenOn(port: number): Promise<void>;
  toMatchNeedle(tag: string, options?: { timeoutMs?: number }): Promise<void>;
  toReachTarget(target: string): Promise<void>;
  toShutDownCleanly(): Promise<void>;
}
