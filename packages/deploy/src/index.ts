/**
 * Installs an edition into a virtual machine, and reports whether a host is fit to run guests: for the `phyllome deploy`
 * and `phyllome doctor` commands, and for scripts that want an installed disk. A flat kickstart and an installer go in, a
 * new disk comes out; facts of a host go in, checks come out. It is not a provisioning tool: it overwrites an
 * existing disk only when asked to, keeps no machine running, and leaves judging the disk to vm-tester.
 */
export type { DeployEvent } from './deploy-event.ts';
export { DeployError } from './errors.ts';
export type { DeployErrorCode } from './errors.ts';
export type { HostCheck, HostCheckId } from './host/check.ts';
export type { HostFacts } from './host/facts.ts';
export { gatherHostFacts } from './host/gather.ts';
export { judgeHostFacts } from './host/judge.ts';
export { install, plannedCommand } from './installer/install.ts';
export type { InstallOptions } from './installer/install.ts';
export { requireAbsent } from './installer/disk.ts';
export type { InstallPhase } from '@phyllome/installer';
export { checkDiskSize, checkUnattended } from './kickstart.ts';
export type { KeepOptions, KnownIso } from './media/keep-iso.ts';
export { keepIso, knownIso } from './media/keep-iso.ts';
export { parseSource } from './media/source.ts';
export type { InstallSource } from './media/source.ts';
export { runVirtInstall, shellCommand, virtInstallArgv } from './virt-install.ts';
export type { VirtInstallOptions } from './virt-install.ts';
