import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll } from 'vitest';
import { describe, expect, test } from '@phyllome/vm-tester/vitest';
import { startMachine } from '../../src/index.ts';
import { goodIso } from '../good-iso.ts';
import { WITHOUT_SWTPM } from '../swtpm.ts';

let iso = '';
beforeAll(async () => {
  iso = await goodIso();
});

/** What the ISO's own boot menu starts. */
async function kernelOf(directory: string): Promise<{ kernel: string; initrd: string; cmdline: string }> {
  const extract = async (path: string, name: string) => {
    const target = join(directory, name);
    await execa('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', path, target]);
    return target;
  };
  const kernel = await extract('/images/pxeboot/vmlinuz', 'vmlinuz');
  const initrd = await extract('/images/pxeboot/initrd.img', 'initrd.img');
  const menu = await readFile(await extract('/boot/grub2/grub.cfg', 'grub.cfg'), 'utf8');
  return { kernel, initrd, cmdline: /^\s*linux \S+ (.+)$/m.exec(menu)?.[1] ?? '' };
}

describe('how the guest is reached', () => {
  test('by an addition to the initrd; the machine phyllome, with its disk, a TPM and an IOMMU', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
    const kernel = await kernelOf(directory.path);
    await using machine = await startMachine({
      image: { ...kernel, medium: { iso } },
      machine: 'phyllome',
      memoryMiB: 2048,
      tpm: WITHOUT_SWTPM === undefined,
      iommu: 'virtio',
      queue: true,
    });
    await expect(await machine.boot()).toBeAccepted();
    expect(machine.instrument).toBe('initrd-inject');
    await machine.settle();
    await expect(machine).toHaveNoFailedUnits();
    // UEFI, all of it virtio, and no USB.
    await machine.succeed('test -d /sys/firmware/efi');
    const buses = await machine.succeed(
      'cat /sys/bus/virtio/devices/*/device | sort -u; ls /sys/bus/usb/devices || true',
    );
    expect(buses.split('\n')).toEqual(
      expect.arrayContaining(['0x0001', '0x0002', '0x0003', '0x0004', '0x0008', '0x0010', '0x0012']),
    );
    expect(buses).not.toContain('usb');
    expect(await machine.succeed('nproc')).toBe('2');
    // The firmware tells of the TPM.
    if (WITHOUT_SWTPM) console.warn(`no TPM: ${WITHOUT_SWTPM}`);
    else await expect(machine).toHaveFile('/sys/firmware/acpi/tables/TPM2');
    // What is written to the disk is set back with the machine.
    const disk = '$(ls /dev/vd? | tail -n 1)';
    expect(await machine.succeed(`cat /sys/block/$(basename ${disk})/size`)).toBe(String((5 * 2 ** 30) / 512));
    const snapshot = await machine.snapshot();
    await machine.succeed(`echo written | dd of=${disk} conv=fsync 2>/dev/null`);
    await machine.restore(snapshot);
    expect(await machine.succeed(`head -c 7 ${disk} | tr -d '\\0'`)).toBe('');
    await expect(machine).toShutDownCleanly();
  });

  test('not at all: what the consoles show is judged, and the power button ends it', async () => {
    await using machine = await startMachine({ image: { iso }, instrument: 'screen', queue: true });
    await expect(await machine.boot()).toBeAccepted();
    expect(machine.instrument).toBe('screen');
    await expect(machine.execute('true')).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
    await expect(machine).toBeAccepted();
  });
});
