import type { Firmware } from '../qemu/firmware.ts';
import type { Host } from '../host/probe.ts';
import { HARDWARE } from '../qemu/hardware.ts';
import type { Hardware } from '../qemu/hardware.ts';
import type { MachineOptions } from './options.ts';

type Choices = Pick<MachineOptions, 'machine' | 'firmware' | 'cpus' | 'memoryMiB' | 'diskMiB' | 'network'>;

/** The hardware of the machine's type, with what the options replace of it. */
export function hardwareOf(options: Choices): { hardware: Hardware; firmware: Firmware } {
  const type = HARDWARE[options.machine ?? 'tester'];
  const { cpus = type.cpus, memoryMiB = type.memoryMiB, diskMiB = type.diskMiB, network = type.network } = options;
  return { hardware: { ...type, cpus, memoryMiB, diskMiB, network }, firmware: options.firmware ?? type.firmware };
}

/**
 * The -cpu model. For guests with guests of their own TCG emulates AMD's virtualisation with nested paging; with KVM the
 * host's processor shows it where the host's module allows nesting.
 */
export function cpuOf(
  host: Pick<Host, 'accelerator' | 'cpu'>,
  options: Pick<MachineOptions, 'cpu' | 'nested'>,
): string {
  if (options.cpu !== undefined) return options.cpu;
  return options.nested && host.accelerator === 'tcg' ? `${host.cpu},+svm,+npt,+nrip-save` : host.cpu;
}
