import { describe, expect, test } from 'vitest';
import {
  argumentFaults,
  bootOrderFaults,
  bootSectorFaults,
  autostartFaults,
  brandingFaults,
  clockFaults,
  defaultNetworkFaults,
  fontFaults,
  hostDeviceFaults,
  installerFaults,
  kernelFaults,
  labelFaults,
  languageFaults,
  leftoverFaults,
  loginFaults,
  luksFaults,
  manualFaults,
  microcodeFaults,
  partitionFaults,
  powerFaults,
  soundFaults,
  timerFaults,
} from './evidence.ts';

/** Every judge, with what a good guest answers and what broken ones do. */

describe('a login', () => {
  const good = 'uid=1000\nsession=3\nruntime=/run/user/1000\ndirectory=yes\nClass=user\nState=active\n';

  test('with a session', () => expect(loginFaults(good)).toEqual([]));

  test('without pam_systemd', () => {
    expect(loginFaults('uid=1000\nsession=\nruntime=\nNo session\n')).toEqual([
      'XDG_SESSION_ID is not set: systemd-logind does not know of the login',
      'XDG_RUNTIME_DIR is "" instead of /run/user/1000',
      '/run/user/1000 is not a directory that 1000 owns',
      "the session's class is not known",
      expect.stringContaining('it printed'),
    ]);
  });

  test.each([
    ['', ['the login did not come up: it printed nothing']],
    ['Failed at step PAM spawning sh: Operation not permitted', [expect.stringContaining('Failed at step PAM')]],
    [
      good.replace('/run/user/1000\ndir', '/run/user/0\ndir'),
      [expect.stringContaining('"/run/user/0"'), expect.anything()],
    ],
    [good.replace('directory=yes\n', ''), [expect.stringContaining('not a directory'), expect.anything()]],
    [good.replace('Class=user', 'Class=background'), ["the session's class is background", expect.anything()]],
  ])('that is not one: %j', (text, faults) => expect(loginFaults(text)).toEqual(faults));
});

describe('the name of the system', () => {
  const good = `NAME="Phyllome OS"
ID=phyllome
ID_LIKE=fedora
VERSION_ID=44
PRETTY_NAME="Phyllome OS 44"
VARIANT="Desktop hypervisor for Intel"
VARIANT_ID=dhi
HOME_URL="https://example.com/"
BUG_REPORT_URL="https://example.com/issues"
`;

  test('is ours', () => expect(brandingFaults(good, 'dhi')).toEqual([]));

  test('is Generic, after an update put the link back', () => {
    const generic = 'NAME="Generic"\nVERSION="44 (Generic)"\nID=generic\nID_LIKE="fedora"\nVERSION_ID=44\n';
    expect(brandingFaults(generic, 'dhi')).toEqual(expect.arrayContaining(['NAME is "Generic"', 'ID is "generic"']));
  });

  test.each([
    ['VARIANT_ID=dhi', 'VARIANT_ID=dh', 'VARIANT_ID is "dh"'],
    ['VERSION_ID=44\n', '', 'VERSION_ID is ""'],
    ['ID_LIKE=fedora', 'ID_LIKE=fedoralike', 'ID_LIKE is "fedoralike"'],
    ['https://example.com/"', 'http://nsa.gov"', 'HOME_URL is "http://nsa.gov"'],
  ])('with %s it is not', (from, to, fault) => {
    expect(brandingFaults(good.replace(from, to), 'dhi')).toEqual([fault]);
  });
});

describe('languages', () => {
  const paths = ['de', 'fr', 'ja'].map((name) => `/usr/share/locale/${name}/LC_MESSAGES/bash.mo`).join('\n');
  const locales = 'C\nC.utf8\nde_DE.utf8\nen_US.utf8\nfr_CH.utf8\nPOSIX\n';

  test('are there', () => expect(languageFaults(paths, locales)).toEqual([]));

  test('were left out of what was installed', () => {
    expect(languageFaults('/usr/share/locale/en/LC_MESSAGES/bash.mo', 'C\nC.utf8\nen_US.utf8')).toEqual([
      'no program is translated to de',
      'no program is translated to fr',
      'no program is translated to ja',
      'there is no locale fr_ch.utf8',
      'there is no locale de_de.utf8',
    ]);
  });
});

test.each([
  ['/usr/share/man/man1/ls.1.gz\n', 0],
  ['/usr/share/man/man1/ls.1', 0],
  ['No manual entry for ls\n', 1],
  ['sh: 1: man: not found\n', 1],
  ['/usr/share/man/man1/lsof.1.gz', 1],
  ['', 1],
])('the manual that man finds is %j', (found, faults) => expect(manualFaults(found)).toHaveLength(faults));

test.each([
  ['/usr/lib/firmware/intel-ucode/06-9e-09\n/usr/lib/firmware/amd-ucode/microcode_amd.bin\n', []],
  ['/usr/lib/firmware/amd-ucode/microcode_amd.bin\n', ['there is nothing in /usr/lib/firmware/intel-ucode']],
  ['', [expect.stringContaining('intel-ucode'), expect.stringContaining('amd-ucode')]],
])('microcode: %j', (files, faults) => expect(microcodeFaults(files)).toEqual(faults));

describe('timers', () => {
  const good = 'Id=fstrim.timer\nActiveState=active\nUnitFileState=enabled\n';

  test('run', () => expect(timerFaults(good, ['fstrim.timer'])).toEqual([]));

  test.each([
    [good.replace('=enabled', '=disabled'), 'fstrim.timer is disabled, active'],
    [good.replace('=active', '=inactive'), 'fstrim.timer is enabled, inactive'],
    ['Id=fstrim.timer\nActiveState=inactive\nUnitFileState=\n', 'fstrim.timer is not there, inactive'],
    ['', 'fstrim.timer is not there, not there'],
  ])('do not: %j', (states, fault) => expect(timerFaults(states, ['fstrim.timer'])).toEqual([fault]));

  test('each is looked at', () => {
    expect(timerFaults(good, ['fstrim.timer', 'logrotate.timer'])).toEqual(['logrotate.timer is not there, not there']);
  });
});

describe('fonts', () => {
  const good = `sans-serif|Adwaita Sans||False
Adwaita Sans|Adwaita Sans||False
monospace|Adwaita Mono|100|False
emoji|Noto Color Emoji|90|True
`;

  test('for everything', () => expect(fontFaults(good)).toEqual([]));

  test('one monospaced font for everything', () => {
    const all = ['sans-serif', 'Adwaita Sans', 'monospace', 'emoji'];
    expect(fontFaults(all.map((asked) => `${asked}|DejaVu Sans Mono|100|False`).join('\n'))).toEqual([
      'sans-serif is set in DejaVu Sans Mono, which is monospaced',
      'Adwaita Sans is set in DejaVu Sans Mono, which is monospaced',
      'emoji are set in DejaVu Sans Mono, without colours',
    ]);
  });

  test('none', () => expect(fontFaults('')).toHaveLength(4));
});

describe('sound', () => {
  const good = `PipeWire 'pipewire-0' [1.4.2, liveuser@phyllome, cookie:1]
 └─ Clients:
        33. WirePlumber                         [1.4.2, liveuser@phyllome, pid:1]
Audio
 ├─ Devices:
`;

  test('plays', () => expect(soundFaults(good, 'socket\n')).toEqual([]));

  test.each([
    ['Could not connect to PipeWire\n', 'socket', 'PipeWire does not answer: Could not connect to PipeWire'],
    ['wpctl: command not found', 'socket', 'PipeWire does not answer: wpctl: command not found'],
    ['', 'socket', 'PipeWire does not answer: silence'],
    [good.replaceAll('WirePlumber', 'other'), 'socket', 'no WirePlumber manages the devices'],
    [good, '', "programs that use PulseAudio's protocol find no socket"],
  ])('does not: %j, %j', (status, pulse, fault) => expect(soundFaults(status, pulse)).toEqual([fault]));
});

test.each([
  ['s "balanced"\n', 0],
  ['s "performance"', 0],
  ['Failed to get property ActiveProfile: The name is not activatable', 1],
  ['s ""', 1],
  ['', 1],
])('the power profile %j', (property, faults) => expect(powerFaults(property)).toHaveLength(faults));

describe('the clock', () => {
  const told = 'pool 2.fedora.pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 3\nrtcsync\n';

  test('is kept by a pool', () => expect(clockFaults('NTP=yes\n', told)).toEqual([]));

  test.each([
    ['NTP=no', told, ['nothing is to keep the clock: NTP=no']],
    ['', told, ['nothing is to keep the clock: no answer']],
    ['NTP=yes', told.replace('pool', '#pool'), [expect.stringMatching(/^chronyd has no source of time: #pool 2/)]],
    ['NTP=yes', told.replace(/^makestep.*\n/m, ''), [expect.stringContaining('no makestep')]],
    ['NTP=yes', '', [expect.stringContaining('it has no configuration'), expect.stringContaining('no makestep')]],
  ])('is not: %s, %j', (ntp, configuration, faults) => expect(clockFaults(ntp, configuration)).toEqual(faults));
});

test.each([
  ['/usr/bin/liveinst\n/usr/share/applications/liveinst.desktop\n', []],
  ['/usr/sbin/liveinst\n/usr/share/applications/liveinst.desktop\n', []],
  ['/usr/bin/liveinst\n', ['the menu does not offer the installation']],
  ['/usr/share/applications/liveinst.desktop\n', ['there is no program liveinst']],
  ['', ['there is no program liveinst', 'the menu does not offer the installation']],
])('the installer of a live desktop: %j', (found, faults) => expect(installerFaults(found)).toEqual(faults));

/** A process of a guest. */
const qemu = (name: string): string => `/usr/bin/qemu-system-x86_64 -name guest=${name},debug-threads=on -S\n`;

describe('a guest that starts with libvirt', () => {
  const others = '/usr/lib/systemd/systemd\n/usr/sbin/virtqemud --timeout 120\n';

  test('runs', () => expect(autostartFaults(others + qemu('mine'), 'mine')).toEqual([]));

  test.each([
    [others, 'libvirt has not started mine: no guest runs'],
    [others + qemu('mine2'), 'libvirt has not started mine: 1 others run'],
    [`${others}sh -c pgrep --full guest=mine\n`, 'libvirt has not started mine: no guest runs'],
  ])('does not: %j', (processes, fault) => expect(autostartFaults(processes, 'mine')).toEqual([fault]));
});

test.each([
  ['pci_0000_00_00_0\npci_0000_00_01_0\n', 0],
  ['\n', 1],
  ['error: Failed to count node devices\nerror: this function is not supported by the connection driver', 1],
])('host devices: %j', (list, faults) => expect(hostDeviceFaults(list)).toHaveLength(faults));

test('files with a label of the build are named, the first of them', () => {
  expect(labelFaults('\n')).toEqual([]);
  expect(labelFaults('/etc/a\n/etc/b\n')).toEqual(['/etc/a', '/etc/b']);
  expect(labelFaults(Array.from({ length: 8 }, (_, at) => `/f${at}`).join('\n'))).toEqual([
    '/f0',
    '/f1',
    '/f2',
    '/f3',
    '/f4',
    'and 3 more',
  ]);
});

/** What `ip` prints of a machine with one card and libvirt's bridge. */
const addresses = (nic: string, bridge: string): string =>
  `1: lo    inet 127.0.0.1/8 scope host lo
2: enp0s2    inet ${nic}.15/24 brd ${nic}.255 scope global dynamic enp0s2
3: virbr0    inet ${bridge}.1/24 brd ${bridge}.255 scope global virbr0
`;

describe('the default network', () => {
  const info =
    'Name:           default\nActive:         yes\nPersistent:     yes\nAutostart:      yes\nBridge:         virbr0\n';

  test('beside the machine’s own', () => {
    expect(defaultNetworkFaults(info, addresses('192.168.122', '192.168.123'))).toEqual([]);
  });

  test('in the machine’s own', () => {
    expect(defaultNetworkFaults(info, addresses('192.168.122', '192.168.122'))).toEqual([
      'enp0s2 is in the subnet of virbr0, 192.168.122.0/24: neither reaches what is behind the other',
    ]);
  });

  test('not started, because the subnet is in use', () => {
    const down = info.replace('Active:         yes', 'Active:         no');
    const alone = addresses('192.168.122', '192.168.123').replace(/^3.*\n/m, '');
    expect(defaultNetworkFaults(down, alone)).toEqual(['the default network: active is no', 'virbr0 has no address']);
  });

  test('not there', () => {
    expect(defaultNetworkFaults("error: failed to get network 'default'", '')).toEqual([
      'the default network: active is not known',
      'the default network: autostart is not known',
      'virbr0 has no address',
    ]);
  });
});

describe('an installed disk', () => {
  const MIB = 2 ** 20;
  const efi = {
    parttype: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
    fstype: 'vfat',
    mountpoint: '/boot/efi',
    size: 600 * MIB,
  };
  const biosboot = { parttype: '21686148-6449-6e6f-744e-656564454649', fstype: null, mountpoint: null, size: MIB };
  const boot = {
    parttype: 'linux',
    fstype: 'ext4',
    label: 'boot',
    mountpoint: '/boot',
    size: 1024 * MIB,
    fssize: `${973 * MIB}`,
  };
  const root = {
    parttype: 'linux',
    fstype: 'ext4',
    label: 'root',
    mountpoint: '/',
    size: 8000 * MIB,
    fssize: 7700 * MIB,
  };
  const tree = (children: { size: number; [key: string]: unknown }[], more: object = {}): string => {
    const size = children.reduce((sum, one) => sum + one.size, 2 * MIB);
    const disk = { name: 'vda', type: 'disk', pttype: 'gpt', fstype: null, mountpoint: null, size, children };
    return JSON.stringify({
      blockdevices: [
        { name: 'sr0', mountpoint: null, size: 1 },
        { ...disk, ...more },
      ],
    });
  };

  test.each([
    ['uefi', tree([efi, boot, root])],
    ['bios', tree([biosboot, boot, root])],
    ['uefi', tree([efi, boot, { ...root, fstype: 'crypto_LUKS', mountpoint: null, label: null, children: [root] }])],
  ])('by %s as the leaf says', (firmware, lsblk) => expect(partitionFaults(lsblk, firmware)).toEqual([]));

  test.each([
    [
      'uefi',
      tree([biosboot, boot, root]),
      ['no partition has the type efi, which uefi boots from', '/boot/efi is not on the disk'],
    ],
    ['bios', tree([efi, boot, root]), ['no partition has the type biosboot, which bios boots from']],
    ['uefi', tree([efi, root]), ['/boot is not on the disk']],
    ['uefi', tree([efi, boot, { ...root, fstype: 'xfs' }]), ['/ is xfs, not ext4']],
    ['uefi', tree([efi, boot, { ...root, label: null }]), ['/ has the label none, not root']],
    ['uefi', tree([efi, boot, root], { pttype: 'dos' }), ['the partition table is dos, not gpt']],
    ['uefi', tree([efi, boot, root], { size: 20_000 * MIB }), ['10376 MiB of the disk are not used']],
    [
      'uefi',
      tree([efi, boot, { ...root, fssize: `${4000 * MIB}` }]),
      ['the file system of / has 4000 of 8000 MiB: it did not grow with its partition'],
    ],
    [
      'uefi',
      tree([efi, { ...boot, fssize: null }, root]),
      ['the file system of /boot has 0 of 1024 MiB: it did not grow with its partition'],
    ],
    ['uefi', tree([efi, boot]), ['no disk has the root file system']],
  ])('by %s otherwise', (firmware, lsblk, faults) => expect(partitionFaults(lsblk, firmware)).toEqual(faults));
});

describe('kernel arguments', () => {
  const running = 'BOOT_IMAGE=/vmlinuz-6 root=UUID=1 ro mitigations=off console=ttyS0,115200';

  test('as configured', () => {
    expect(argumentFaults(running, '"mitigations=off console=ttyS0,115200"')).toEqual([]);
    expect(argumentFaults(running, '')).toEqual([]);
  });

  test('that the kernel has not got, or that are left of the installer', () => {
    expect(argumentFaults(running, 'intel_iommu=on mitigations=off')).toEqual([
      'intel_iommu=on is configured, and the kernel has not got it',
    ]);
    expect(argumentFaults(`${running} inst.ks=file:/ks.cfg`, '')).toEqual(["inst.ks=file:/ks.cfg is the installer's"]);
  });
});

describe('what is left of a kickstart', () => {
  test('is nothing, or for root alone', () => {
    expect(leftoverFaults('')).toEqual([]);
    expect(leftoverFaults('600 root /root/anaconda-ks.cfg\n')).toEqual([]);
  });

  test.each(['644 root /root/anaconda-ks.cfg', '600 peter /root/ks.cfg', '600 root /tmp/ks-script-x'])('%s', (line) =>
    expect(leftoverFaults(line)).toEqual([`what is left of a kickstart is not for root alone: ${line}`]),
  );
});

describe('what an encrypted file system is in', () => {
  const uuid = '0a1b';
  const running = `root=UUID=1 ro rd.luks.uuid=luks-${uuid} console=ttyS0`;
  const slot = { type: 'luks2', key_size: 64, kdf: { type: 'argon2id', time: 4 } };
  const segment = { type: 'crypt', offset: '16777216', size: 'dynamic', encryption: 'aes-xts-plain64' };
  const header = (more: object): string => JSON.stringify({ keyslots: { 0: slot }, segments: { 0: segment }, ...more });

  test('opens by one passphrase, and is what cryptsetup makes', () =>
    expect(luksFaults(header({}), uuid, running)).toEqual([]));

  test.each([
    [header({ keyslots: { 0: slot, 1: slot } }), '2 passphrases or keys open it, not 1'],
    [header({ keyslots: {} }), '0 passphrases or keys open it, not 1'],
    [
      header({ keyslots: { 0: { ...slot, kdf: { type: 'pbkdf2' } } } }),
      'a passphrase is hardened by pbkdf2, not argon2id',
    ],
    [header({ keyslots: { 0: { ...slot, key_size: 32 } } }), 'its key has 256 bits, not 512'],
    [header({ segments: { 0: { ...segment, encryption: 'cipher_null-ecb' } } }), 'it is encrypted by cipher_null-ecb'],
    [
      header({ segments: { 0: { ...segment, size: '4096' } } }),
      'it ends after 4096 bytes, wherever its partition does',
    ],
    [
      'Device /dev/vda3 is not a valid LUKS device.',
      'its header is not one of LUKS 2: Device /dev/vda3 is not a valid LUKS device.',
    ],
  ])('%s', (metadata, fault) => expect(luksFaults(metadata, uuid, running)).toEqual([fault]));

  test('nothing opens at boot', () =>
    expect(luksFaults(header({}), uuid, 'root=UUID=1 rd.luks.uuid=luks-other')).toEqual([
      'no kernel argument has it opened: rd.luks.uuid=luks-0a1b',
    ]));
});

/** What efibootmgr prints. */
const menu = (order: string, current = '0002'): string =>
  [
    `BootCurrent: ${current}`,
    'Timeout: 3 seconds',
    `BootOrder: ${order}`,
    'Boot0000* UiApp\tFvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)',
    'Boot0001* UEFI PXEv4\tPciRoot(0x0)/Pci(0x3,0x0)/MAC(525400123456,1)/IPv4(0.0.0.0,0,DHCP)',
    'Boot0002* UEFI Misc Device\tPciRoot(0x0)/Pci(0x2,0x0){auto_created_boot_option}',
  ].join('\n');

describe('what boots an installed disk', () => {
  const loaders = '/boot/efi/EFI/BOOT/BOOTX64.EFI\n/boot/efi/EFI/phyllome/grubx64.efi\n';

  test.each(['0002,0001,0000', '0000,0002,0001'])('is the disk, by the order %s', (order) =>
    expect(bootOrderFaults(menu(order), loaders)).toEqual([]),
  );

  test.each([
    [menu('0000,0001,0002'), loaders, /^the firmware tries UEFI PXEv4\s.* before the disk$/u],
    [menu('0001', '0001'), '/boot/efi/EFI/phyllome/grubx64.efi\n', /no EFI\/BOOT\/BOOTX64\.EFI$/u],
    [
      menu('0001', '0001'),
      '/boot/efi/EFI/BOOT/BOOTX64.EFI\n/boot/efi/EFI/BOOT/grubx64.efi',
      /^there is no boot loader/u,
    ],
    [menu('0000'), loaders, /^what was started, 0002, is not in the order 0000$/u],
    ['EFI variables are not supported on this system.', loaders, /^the firmware does not say/u],
  ])('is something else: %#', (entries, found, fault) =>
    expect(bootOrderFaults(entries, found)).toEqual([expect.stringMatching(fault)]),
  );

  test('is a sector of GRUB, by BIOS', () => {
    expect(bootSectorFaults('cR|GRUB GeomHard DiskRead Error')).toEqual([]);
    expect(bootSectorFaults('')).toEqual(['the boot sector of the disk is not of GRUB']);
  });

  test('starts a kernel of the disk', () => {
    expect(kernelFaults('6.12.1-amd64\n', '/boot/vmlinuz-6.12.1-amd64\n/boot/vmlinuz-6.11')).toEqual([]);
    expect(kernelFaults('6.12.1', '/boot/vmlinuz-0-rescue-1')).toEqual(['6.12.1 runs, and /boot has no kernel']);
    expect(kernelFaults('6.12.1', '/boot/vmlinuz-6.12')).toEqual(['6.12.1 runs, and /boot has 6.12']);
  });
});
