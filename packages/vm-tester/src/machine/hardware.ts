import { VmTesterError } from '../errors.ts';
import type { Firmware } from '../qemu/firmware.ts';
import type { Host } from '../host/probe.ts';
import { HARDWARE } from '../qemu/hardware.ts';
import type { Hardware, MachineType } from '../qemu/hardware.ts';
import { architectureOf } from '../media/architecture.ts';
import type { MachineOptions } from './options.ts';

type Choices = Pick<
  MachineOptions,
  'machine' | 'firmware' | 'cpus' | 'memoryMiB' | 'diskMiB' | 'network' | 'diskSlots'
>;

/**
 * The hardware of the machine's type, with what the options replace of it.
 * @throws {VmTesterError} OPTIONS_INVALID for a size that is not a whole number
 */
export function hardwareOf(options: Choices): { hardware: Hardware; firmware: Firmware } {
  const type = HARDWARE[options.machine ?? 'tester'];
  const { cpus = type.cpus, memoryMiB = type.memoryMiB, diskMiB = type.diskMiB, network = type.network } = options;
  const { diskSlots = type.diskSlots } = options;
  requireWhole({ cpus, memoryMiB }, 1);
  requireWhole({ diskMiB, diskSlots }, 0);
  const hardware = { ...type, cpus, memoryMiB, diskMiB, network, diskSlots };
  return { hardware, firmware: options.firmware ?? type.firmware };
}

/** The machine that is asked for, or one that the image's code runs on. */
export async function machineFor({ machine, image }: Pick<MachineOptions, 'machine' | 'image'>): Promise<MachineType> {
  return machine ?? ((await architectureOf(image)).bios ? 'tester' : 'arm');
}

function requireWhole(sizes: Record<string, number>, least: number): void {
  for (const [name, value] of Object.entries(sizes)) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new VmTesterError('OPTIONS_INVALID', `${name} is ${value}`, {
      hint: `give a whole number, ${least} or more`,
    });
  }
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
