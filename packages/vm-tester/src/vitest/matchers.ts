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
  /** A machine is concluded for this: it is off after that. */
  toBeAccepted(): Promise<void>;
  /** For this cause and in this phase, where they are given. A machine is concluded for this: it is off after that. */
  toBeRejected(why?: { cause?: Cause; phase?: Phase }): Promise<void>;
  /** `ms` on an idle host with KVM: it is multiplied by the host's timeScale. */
  toBootWithin(ms: number): Promise<void>;
  /** A unit that is starting is waited for. */
  toHaveActiveUnit(unit: string): Promise<void>;
  /** A file of any kind; links are followed. */
  toHaveFile(path: string, expectation?: FileExpectation): Promise<void>;
  /** On the command line of the running kernel; the last of several counts. */
  toHaveKernelArgument(name: string, value?: string | RegExp): Promise<void>;
  /** Something is mounted there, as this file system and with these options among its own. */
  toHaveMount(path: string, expectation?: { fstype?: string; options?: string[] }): Promise<void>;
  /** Neither reported in the journal nor stored by systemd-coredump. */
  toHaveNoCoredumps(options?: { allow?: Allow[] }): Promise<void>;
  /** Of SELinux, also those that a permissive domain was let off. */
  toHaveNoDenials(options?: { allow?: Allow[] }): Promise<void>;
  toHaveNoFailedUnits(options?: { except?: string[] }): Promise<void>;
  /** No message of this boot is of priority `err` or graver. */
  toHaveNoJournalErrors(options?: { allow?: Allow[] }): Promise<void>;
  /** By rpm, dpkg or pacman. A version may be given up to a `-`, `.`, `+` or `~` in it. */
  toHavePackage(name: string, version?: string): Promise<void>;
  /** By what its firmware says. */
  toHaveSecureBoot(): Promise<void>;
  /** A user in these groups, among others, whose password is locked or not. */
  toHaveUser(name: string, expectation?: { groups?: string[]; locked?: boolean }): Promise<void>;
  /** Something listens on this TCP port now. */
  toListenOn(port: number): Promise<void>;
  /** The screen looks like a needle with this tag, now or within a second. */
  toMatchNeedle(tag: string, options?: { timeoutMs?: number }): Promise<void>;
  /** A target that is on its way is waited for; `.target` may be left out. */
  toReachTarget(target: string): Promise<void>;
  /** The machine is shut down for this: it powers off when asked to, and nothing is found against it meanwhile. */
  toShutDownCleanly(): Promise<void>;
}
