import { editionArchitecture } from '@phyllome/host/architecture';
import { VmTesterError } from '../errors.ts';
import { judgeProbe, probeArgv } from '../host/accelerator.ts';
import type { Accelerator } from '../host/accelerator.ts';
import { PROBE_SECTOR } from '../host/probe-sector.ts';
import type { RunOptions } from '../machine/options.ts';
import type { RunResult } from './channel.ts';

const NESTED_QUESTIONS = {
  virtualisation: 'its processor offers hardware virtualisation',
  kvm: '/dev/kvm is there and opens',
  nested: "KVM lets guests have guests (the module's parameter nested)",
  guest: 'a guest of it runs under KVM',
  iommu: 'devices are in IOMMU groups',
} as const;
/** One of the things that a guest with guests of its own needs. */
export type NestedQuestion = keyof typeof NESTED_QUESTIONS;

/** `not judged`: this host cannot offer what the question needs, or the image lacks the means to ask. */
export interface NestedAnswer {
  answer: 'yes' | 'no' | 'not judged';
  detail: string;
}
/** The answer to each of these questions. */
export type NestedAnswers = Record<NestedQuestion, NestedAnswer>;

interface Asked {
  readonly host: { accelerator: Accelerator };
  execute(command: string | string[], options?: RunOptions): Promise<RunResult>;
  writeFile(path: string, content: Buffer): Promise<void>;
}

/** TCG runs the guest's guest as fast as the guest; KVM within KVM takes longer to get going. */
const GUEST_MS = 15_000;
const DISK = '/run/vmt-probe.img';
const DISK_BYTES = 1 << 20;

/**
 * Can the guest have guests of its own, and hand devices to them? Started with `nested` and `iommu`, the machine offers
 * it what the host can; what the host cannot is `not judged`, with the reason.
 */
export async function probeNested(machine: Asked): Promise<NestedAnswers> {
  const ask = new Questions(machine);
  const virtualisation = await ask.virtualisation();
  const offered = virtualisation.answer === 'yes';
  const kvm = offered ? await ask.kvm() : virtualisation;
  return {
    virtualisation,
    kvm,
    nested: offered ? await ask.nested() : virtualisation,
    guest: !offered ? virtualisation : kvm.answer === 'yes' ? await ask.guest() : no(`there is no KVM: ${kvm.detail}`),
    iommu: await ask.iommu(),
  };
}

class Questions {
  readonly #machine: Asked;

  constructor(machine: Asked) {
    this.#machine = machine;
  }

  async virtualisation(): Promise<NestedAnswer> {
    const flag = await this.#read('grep -o -w -m 1 -E "vmx|svm" /proc/cpuinfo | head -n 1');
    if (flag !== '') return yes(flag);
    const { accelerator } = this.#machine.host;
    const why =
      accelerator === 'kvm' ? "the host's KVM does not nest" : 'this machine was started without the option nested';
    return { answer: 'not judged', detail: `its processor has neither vmx nor svm: ${why}` };
  }

  async kvm(): Promise<NestedAnswer> {
    const { exitCode, stderr } = await this.#machine.execute('test -c /dev/kvm && : 3<>/dev/kvm');
    if (exitCode === 0) return yes('/dev/kvm opens');
    const said = String(stderr).trim();
    return no(said === '' ? 'there is no /dev/kvm: is kvm_intel or kvm_amd in the image, and loaded?' : said);
  }

  async nested(): Promise<NestedAnswer> {
    const value = await this.#read('cat /sys/module/kvm_intel/parameters/nested /sys/module/kvm_amd/parameters/nested');
    if (value === '') return no('neither kvm_intel nor kvm_amd is loaded');
    return /^[Y1]$/m.test(value) ? yes(`nested is ${value}`) : no(`nested is ${value}`);
  }

  /** The sector that judges hosts judges the guest as one. */
  async guest(): Promise<NestedAnswer> {
    const qemu = await this.#read(`command -v ${editionArchitecture.qemu} || ls /usr/libexec/qemu-kvm`);
    if (qemu === '') return { answer: 'not judged', detail: 'the image has no QEMU to run one with' };
    const disk = Buffer.concat([PROBE_SECTOR, Buffer.alloc(DISK_BYTES - PROBE_SECTOR.length)]);
    await this.#machine.writeFile(DISK, disk);
    try {
      const { exitCode, stdout, stderr } = await this.#machine.execute([qemu, ...probeArgv('kvm', 'host', DISK)], {
        timeoutMs: GUEST_MS,
      });
      const { works, reason } = judgeProbe(stdout.toString('latin1'), exitCode, String(stderr));
      return works ? yes(`a guest ${reason}`) : no(reason);
    } catch (error) {
      if (!(error instanceof VmTesterError) || error.code !== 'GUEST_TIMEOUT') throw error;
      return no('a guest started and never ran: no answer to the probe sector');
    } finally {
      await this.#machine.execute(['rm', '-f', DISK]);
    }
  }

  async iommu(): Promise<NestedAnswer> {
    const groups = (await this.#read('ls /sys/kernel/iommu_groups')).split('\n').filter((name) => name !== '');
    if (groups.length > 0) return yes(`${groups.length} groups`);
    const units = await this.#read(
      'ls /sys/class/iommu; ls -d /sys/firmware/acpi/tables/DMAR /sys/firmware/acpi/tables/IVRS',
    );
    const device = await this.#read('grep -l -i 0x1057 /sys/bus/pci/devices/*/device'); // virtio's IOMMU, 1af4:1057
    if (units === '' && device === '') {
      return { answer: 'not judged', detail: 'this machine has no IOMMU: start it with the option iommu' };
    }
    return no('there is an IOMMU, and no group: does the kernel have intel_iommu=on?');
  }

  async #read(command: string): Promise<string> {
    const { stdout } = await this.#machine.execute(`{ ${command}; } 2>/dev/null`);
    return String(stdout).trim();
  }
}

function yes(detail: string): NestedAnswer {
  return { answer: 'yes', detail };
}

function no(detail: string): NestedAnswer {
  return { answer: 'no', detail };
}
