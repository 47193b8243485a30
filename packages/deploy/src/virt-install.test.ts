import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { type VirtInstallOptions, shellCommand, virtInstallArgv } from './virt-install.ts';

const SEED: VirtInstallOptions = {
  name: 'phyllome-alpha',
  connect: 'qemu:///system',
  virtType: 'kvm',
  firmware: 'uefi',
  vcpus: 2,
  memoryMiB: 4096,
  disk: { path: '/var/lib/libvirt/images/flat-dhi.img', sizeGiB: 5 },
  location: 'https://download.fedoraproject.org/pub/fedora/linux/releases/35/Everything/x86_64/os/',
  kickstart: 'flat-dhi.cfg',
};

/** Options and values in pairs, sorted: their order means nothing to virt-install. */
function pairs(argv: readonly string[]): string[] {
  const found: string[] = [];
  for (const word of argv) {
    if (word.startsWith('--')) found.push(word);
    else found.push(`${found.pop()} ${word}`);
  }
  return found.toSorted();
}

describe('virt-install', () => {
  test("has every option of Phyllome OS's own command", () => {
    // As the README of Phyllome OS printed it, each option with its value.
    const published = [
      '--connect qemu:///system',
      '--virt-type kvm',
      '--arch x86_64',
      '--machine q35',
      '--name phyllome-alpha',
      '--boot uefi',
      '--cpu host-model,topology.sockets=1,topology.cores=2,topology.threads=1',
      '--vcpus 2',
      '--memory 4096',
      '--video virtio',
      '--channel spicevmc',
      '--autoconsole none',
      '--sound none',
      '--controller type=virtio-serial',
      '--controller type=usb,model=none',
      '--controller type=scsi,model=virtio-scsi',
      '--network network=default,model=virtio',
      '--input type=keyboard,bus=virtio',
      '--input type=tablet,bus=virtio',
      '--rng /dev/urandom,model=virtio',
      '--disk path=/var/lib/libvirt/images/flat-dhi.img,format=raw,bus=virtio,cache=writeback,size=5',
      '--location https://download.fedoraproject.org/pub/fedora/linux/releases/35/Everything/x86_64/os/',
      '--initrd-inject flat-dhi.cfg',
      '--extra-args inst.ks=file:/flat-dhi.cfg',
    ];
    expect(pairs(virtInstallArgv(SEED))).toEqual([...published, '--osinfo detect=on,require=off'].toSorted());
  });

  test.each<[string, Partial<VirtInstallOptions>, string[]]>([
    ['a name', { name: 'dhi' }, ['--name dhi']],
    ['memory', { memoryMiB: 8192 }, ['--memory 8192']],
    [
      'processors, which are cores of one socket',
      { vcpus: 6 },
      ['--vcpus 6', '--cpu host-model,topology.sockets=1,topology.cores=6,topology.threads=1'],
    ],
    [
      'a disk',
      { disk: { path: '/images/a,b.img', sizeGiB: 250 } },
      ['--disk path="/images/a,b.img",format=raw,bus=virtio,cache=writeback,size=250'],
    ],
    [
      "a user's own libvirt, which has no networks",
      { connect: 'qemu:///session' },
      ['--connect qemu:///session', '--network user,model=virtio'],
    ],
    ['a remote libvirt', { connect: 'qemu+ssh://root@host/system' }, ['--network network=default,model=virtio']],
    ['an ISO with a comma in its name', { location: '/isos/a,b.iso' }, ['--location "/isos/a,b.iso"']],
    ['an ISO', { location: '/isos/Fedora Everything.iso' }, ['--location /isos/Fedora Everything.iso']],
    [
      'no KVM',
      { virtType: 'qemu' },
      ['--virt-type qemu', '--cpu maximum,topology.sockets=1,topology.cores=2,topology.threads=1'],
    ],
    [
      'a kickstart elsewhere, which is in the root of the initramfs',
      { kickstart: '/work tree/flat/flat-sha.cfg' },
      ['--initrd-inject /work tree/flat/flat-sha.cfg', '--extra-args inst.ks=file:/flat-sha.cfg'],
    ],
    ['options of the user', { more: ['--tpm', 'emulator'] }, ['--tpm emulator']],
  ])('takes %s', (_, changes, expected) => {
    expect(pairs(virtInstallArgv({ ...SEED, ...changes }))).toEqual(expect.arrayContaining(expected));
  });
});

test('a machine with a BIOS is not asked to have UEFI', () => {
  expect(virtInstallArgv({ ...SEED, firmware: 'bios' })).not.toContain('--boot');
});

test('a command is printed as a shell reads it', () => {
  const argv = virtInstallArgv({ ...SEED, name: "it's", location: '/isos/a b.iso' });
  const printed = shellCommand('printf', ['%s\\n', ...argv]);
  expect(execFileSync('sh', ['-c', printed], { encoding: 'utf8' })).toBe(`${argv.join('\n')}\n`);
  expect(printed.split('\n').every((line, index) => index === 0 || line.startsWith('  '))).toBe(true);
});
