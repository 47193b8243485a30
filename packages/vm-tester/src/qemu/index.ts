/** For packages that run machines of their own, which are not judged: QEMU's process, its monitor, its firmware. */
export { LineSplitter } from '../console/lines.ts';
export { cpio } from '../guest/cpio.ts';
export type { CpioEntry } from '../guest/cpio.ts';
export { findOvmf } from './firmware.ts';
export type { Ovmf } from './firmware.ts';
export { probeHost } from '../host/probe.ts';
export type { Host } from '../host/probe.ts';
export { findQemu } from '../host/qemu.ts';
export { takeTokens } from '../host/tokens.ts';
export { whenStuck } from '../host/deadline.ts';
export { OwnTime } from '../host/lost-time.ts';
export { QmpClient } from '../qmp/client.ts';
export type { QmpEvent } from '../qmp/protocol.ts';
export { connectMonitor } from './monitor.ts';
export { INHERITED, QemuProcess } from './process.ts';
