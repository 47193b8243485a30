/**
 * Boots an unmodified image under QEMU and accepts or rejects it, with evidence: for those who build operating system
 * images and want a verdict, or a machine to write tests against. It judges by what the guest proves (units, journal,
 * consoles, the screen), not by a clean exit or a login prompt. It is not a manager of virtual machines: a machine lives
 * as long as its test, and no image is ever changed.
 *
 * `@phyllome/vm-tester/vitest` has fixtures and matchers for tests, `/qemu` the parts of running a QEMU.
 */
export { acceptImage, acceptIso, preflightVerdict } from './accept.ts';
export { architectureOf } from './media/architecture.ts';
export { openMedium } from './media/open-medium.ts';
export type { OpenMedium } from './media/open-medium.ts';
export type { AcceptOptions } from './accept.ts';
export { withSecondAttempt } from './verdict/attempts.ts';
export type { Retry, Attempts } from './verdict/attempts.ts';
export { readAllowList } from './verdict/allow.ts';
export type { Allow } from './verdict/allow.ts';
export { checkConsole } from './console/check-console.ts';
export type { ConsoleFinding, ConsoleJudgement } from './console/check-console.ts';
export { detectOnSerial } from './console/detectors/index.ts';
export type { Detector } from './console/detectors/index.ts';
export { VmTesterError } from './errors.ts';
export type { VmTesterErrorCode } from './errors.ts';
export type { VmEvent } from './machine/events.ts';
export type { Firmware } from './qemu/firmware.ts';
export type { JournalEntry } from './guest/journal.ts';
export type { JournalQuery } from './guest/journal-store.ts';
export type { BootTime, UnitInfo } from './guest/units.ts';
export type { RunResult } from './guest/channel.ts';
export type { Accelerator } from './host/accelerator.ts';
export { bootUninstrumented, summarize, withUninstrumented } from './verdict/uninstrumented.ts';
export type { Uninstrumented } from './verdict/verdict.ts';
export { replaceVerdict } from './verdict/attempts.ts';
export { machinesAtOnce } from './host/capacity.ts';
export { probeHost } from './host/probe.ts';
export type { Host, ProbeOptions } from './host/probe.ts';
export { describeTester, type Tester } from './host/tester.ts';
export { runInGuest } from './interactive/commands.ts';
export { listMachines, SOCKETS } from './interactive/directory.ts';
export type { RunningMachine } from './interactive/directory.ts';
export { openShell } from './interactive/terminal.ts';
export { machineName, up } from './interactive/up.ts';
export type { UpMachine, UpOptions } from './interactive/up.ts';
export { Machine, startMachine } from './machine/machine.ts';
export type {
  Login,
  MachineOptions,
  ReadyWhen,
  RunOptions,
  SettleOptions,
  Snapshot,
  WaitOptions,
} from './machine/options.ts';
export type { Instrument } from './machine/events.ts';
export { defineMatrix } from './machine/matrix.ts';
export type { Matrix, MatrixRow } from './machine/matrix.ts';
export { probeNested } from './guest/nested.ts';
export type { NestedAnswer, NestedAnswers, NestedQuestion } from './guest/nested.ts';
export type { Preflight } from './preflight/preflight.ts';
export type { PreflightProblem } from './preflight/report.ts';
export type { QmpCommands } from './qmp/commands.ts';
export { bringLastAccepted, keepAccepted } from './report/last-accepted.ts';
export { countColours, differingShare } from './screen/screen.ts';
export type { AreaMatch, NeedleMatch } from './screen/match.ts';
export type { Screen } from './screen/screen.ts';
export type { Rect } from './screen/text.ts';
export { PrivateNetwork } from './network/private-network.ts';
export type { Cable } from './network/private-network.ts';
export type { AddedDisk, NewDisk } from './machine/disks.ts';
export type { Hardware, MachineType } from './qemu/hardware.ts';
export type { DiskImage, Image, IsoImage, KernelImage, NetworkImage } from './qemu/media.ts';
export type { Cause, Evidence, Milestones, Phase, Verdict } from './verdict/verdict.ts';
export { readVerdict } from './verdict/verdict-file.ts';
export type { Budget, Finding } from './verdict/boot-monitor.ts';
