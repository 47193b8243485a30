/**
 * What the checks make of what a guest answered: pure functions from the text of a program to what is wrong with it, a
 * line each. Nothing wrong is an empty list. Each is tested with what a good guest and a broken one answered.
 */

/** `name=value` lines. */
function fields(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^([A-Za-z_]+)=(.*)$/.exec(line.trim()) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value.replace(/^"(.*)"$/, '$1')] as const];
    }),
  );
}

/**
 * A login: `uid`, `session`, `runtime`, `directory` as its shell found them, and what loginctl shows of the session.
 * All of it comes from pam_systemd.
 */
export function loginFaults(text: string): string[] {
  const said = fields(text);
  const uid = said.get('uid') ?? '';
  const faults: string[] = [];
  if (!/^\d+$/.test(uid)) return [`the login did not come up: ${text.trim() || 'it printed nothing'}`];
  if (!said.get('session')) faults.push('XDG_SESSION_ID is not set: systemd-logind does not know of the login');
  if (said.get('runtime') !== `/run/user/${uid}`) {
    faults.push(`XDG_RUNTIME_DIR is ${JSON.stringify(said.get('runtime') ?? '')} instead of /run/user/${uid}`);
  }
  if (said.get('directory') !== 'yes') faults.push(`/run/user/${uid} is not a directory that ${uid} owns`);
  if (said.get('Class')?.startsWith('user') !== true)
    faults.push(`the session's class is ${said.get('Class') ?? 'not known'}`);
  if (faults.length > 0) faults.push(`it printed ${JSON.stringify(text.trim())}`);
  return faults;
}

/** What the system calls itself, of /etc/os-release; a rehearsal says in PRETTY_NAME and VARIANT that it is one. */
export function brandingFaults(osRelease: string, edition: string): string[] {
  const said = fields(osRelease);
  const wanted: readonly (readonly [string, RegExp])[] = [
    ['NAME', /^Phyllome OS$/],
    ['ID', /^phyllome$/],
    ['ID_LIKE', /(^| )fedora( |$)/],
    ['VERSION_ID', /^\d+$/],
    ['PRETTY_NAME', /^Phyllome OS \d+/],
    ['VARIANT_ID', new RegExp(`^${edition}$`)],
    ['HOME_URL', /^https:/],
    ['BUG_REPORT_URL', /^https:/],
  ];
  return wanted
    .filter(([name, pattern]) => !pattern.test(said.get(name) ?? ''))
    .map(([name]) => `${name} is ${JSON.stringify(said.get(name) ?? '')}`);
}

/** Languages by whose absence it shows that translations were left out. */
const LANGUAGES = ['de', 'fr', 'ja'];

/** @param translations paths of `.mo` files @param locales what `locale --all-locales` prints */
export function languageFaults(translations: string, locales: string): string[] {
  const has = new Set(translations.split('\n').map((path) => /\/locale\/([a-z]+)\//.exec(path)?.[1]));
  const known = new Set(locales.split('\n').map((name) => name.trim().toLowerCase().replace('utf-8', 'utf8')));
  return [
    ...LANGUAGES.filter((language) => !has.has(language)).map((language) => `no program is translated to ${language}`),
    ...['fr_ch.utf8', 'de_de.utf8'].filter((name) => !known.has(name)).map((name) => `there is no locale ${name}`),
  ];
}

/** @param found what `man --where ls` prints: the path of the page */
export function manualFaults(found: string): string[] {
  return /\/ls\.1(\.\w+)?$/m.test(found.trim()) ? [] : [`man has no page of ls: ${found.trim() || 'no answer'}`];
}

/** @param files paths below the directories that the kernel and dracut look for microcode in */
export function microcodeFaults(files: string): string[] {
  return ['intel-ucode', 'amd-ucode']
    .filter((maker) => !files.split('\n').some((path) => path.includes(`/${maker}/`)))
    .map((maker) => `there is nothing in /usr/lib/firmware/${maker}`);
}

/** @param states what `systemctl show --property=Id,UnitFileState,ActiveState` prints of timers */
export function timerFaults(states: string, timers: readonly string[]): string[] {
  const shown = states.split('\n\n').map(fields);
  return timers.flatMap((timer) => {
    const state = shown.find((one) => one.get('Id') === timer);
    const words = [state?.get('UnitFileState') || 'not there', state?.get('ActiveState') ?? 'not there'];
    return words.join(' ') === 'enabled active' ? [] : [`${timer} is ${words.join(', ')}`];
  });
}

/**
 * @param ntp what `timedatectl show --property=NTP` prints
 * @param configuration what `chronyd -p` prints: the daemon's whole configuration, file by file
 */
export function clockFaults(ntp: string, configuration: string): string[] {
  const faults = ntp.trim() === 'NTP=yes' ? [] : [`nothing is to keep the clock: ${ntp.trim() || 'no answer'}`];
  const directives = configuration.split('\n').map((line) => line.trim());
  if (!directives.some((line) => /^(?:pool|server|peer|refclock) \S/.test(line)))
    faults.push(
      `chronyd has no source of time: ${directives.filter(Boolean).join(' | ') || 'it has no configuration'}`,
    );
  if (!directives.some((line) => /^makestep \S/.test(line)))
    faults.push('a clock that is far off would be slewed for days: there is no makestep');
  return faults;
}

/** @param found paths of the installer's program and of its entry in the menu, as far as they are there */
export function installerFaults(found: string): string[] {
  const paths = found.split('\n').map((path) => path.trim());
  return [
    ...(paths.some((path) => path.endsWith('/bin/liveinst') || path.endsWith('/sbin/liveinst'))
      ? []
      : ['there is no program liveinst']),
    ...(paths.includes('/usr/share/applications/liveinst.desktop') ? [] : ['the menu does not offer the installation']),
  ];
}

/** @param processes what `ps -eo args` prints after libvirt has started @param guest the name of one that is to start with it */
export function autostartFaults(processes: string, guest: string): string[] {
  const started = processes.split('\n').filter((line) => /\bqemu\S*\s/.test(line) && / -name \S/.test(line));
  if (started.some((line) => new RegExp(`(?:guest=| -name )${guest}(?:[, ]|$)`).test(line))) return [];
  const others = started.length === 0 ? 'no guest runs' : `${started.length} others run`;
  return [`libvirt has not started ${guest}: ${others}`];
}

/** @param matches lines `asked|family|spacing|colour`, of fc-match; a spacing of 100 is monospaced (fontconfig) */
export function fontFaults(matches: string): string[] {
  const font = (asked: string): { family: string; spacing: string; colour: string } => {
    const line = matches.split('\n').find((one) => one.startsWith(`${asked}|`)) ?? '';
    const [, family = '', spacing = '', colour = ''] = line.split('|');
    return { family, spacing, colour };
  };
  const faults: string[] = [];
  for (const asked of ['sans-serif', 'Adwaita Sans']) {
    const { family, spacing } = font(asked);
    if (family === '') faults.push(`no font is installed for ${asked}`);
    else if (spacing === '100') faults.push(`${asked} is set in ${family}, which is monospaced`);
  }
  const mono = font('monospace');
  if (mono.spacing !== '100') faults.push(`monospace is set in ${mono.family || 'nothing'}, which is not monospaced`);
  const emoji = font('emoji');
  if (emoji.colour.toLowerCase() !== 'true')
    faults.push(`emoji are set in ${emoji.family || 'nothing'}, without colours`);
  return faults;
}

/** @param status what `wpctl status` prints in a session @param pulse whether PulseAudio's socket is there: `socket` */
export function soundFaults(status: string, pulse: string): string[] {
  const faults: string[] = [];
  if (!/^PipeWire '/m.test(status))
    faults.push(`PipeWire does not answer: ${status.trim().split('\n')[0] || 'silence'}`);
  else if (!/WirePlumber\b/.test(status)) faults.push('no WirePlumber manages the devices');
  if (pulse.trim() !== 'socket') faults.push("programs that use PulseAudio's protocol find no socket");
  return faults;
}

/** @param property what busctl prints of ActiveProfile: `s "balanced"` */
export function powerFaults(property: string): string[] {
  return /^s "(power-saver|balanced|performance)"$/.test(property.trim())
    ? []
    : [`the active power profile is ${property.trim() || 'not known'}`];
}

/** @param list what `virsh nodedev-list --cap pci` prints */
export function hostDeviceFaults(list: string): string[] {
  return /^pci_[0-9a-f]{4}_/m.test(list) ? [] : [`libvirt sees no PCI device: ${list.trim() || 'an empty list'}`];
}

/** @param paths files whose label is not of the policy, as find printed them */
export function labelFaults(paths: string): string[] {
  const found = paths.split('\n').filter(Boolean);
  const more = found.length > 5 ? [`and ${found.length - 5} more`] : [];
  return [...found.slice(0, 5), ...more];
}

/** The first three numbers of the IPv4 addresses of each link, of `ip -4 -oneline address show`. */
function subnets(addresses: string): { link: string; subnet: string }[] {
  return [...addresses.matchAll(/^\d+: (\S+)\s+inet (\d+\.\d+\.\d+)\.\d+\//gm)].map(([, link = '', subnet = '']) => ({
    link,
    subnet,
  }));
}

/**
 * @param info what `virsh net-info default` prints
 * @param addresses what `ip -4 -oneline address show` prints
 */
export function defaultNetworkFaults(info: string, addresses: string): string[] {
  const faults: string[] = [];
  for (const what of ['Active', 'Autostart']) {
    const word = new RegExp(`^${what}: +(\\S+)`, 'm').exec(info)?.[1];
    if (word !== 'yes') faults.push(`the default network: ${what.toLowerCase()} is ${word ?? 'not known'}`);
  }
  const bridge = /^Bridge: +(\S+)/m.exec(info)?.[1] ?? 'virbr0';
  const all = subnets(addresses);
  const own = all.find(({ link }) => link === bridge)?.subnet;
  if (own === undefined) faults.push(`${bridge} has no address`);
  for (const { link } of all.filter((one) => one.link !== bridge && one.subnet === own)) {
    faults.push(`${link} is in the subnet of ${bridge}, ${own}.0/24: neither reaches what is behind the other`);
  }
  return faults;
}

/** What lsblk says of a block device, and of those on it. */
interface BlockDevice {
  pttype: string | null;
  parttype: string | null;
  fstype: string | null;
  label: string | null;
  mountpoint: string | null;
  size: number;
  /** Of the file system, where it is mounted. lsblk writes it as text. */
  fssize?: string | number | null;
  children?: BlockDevice[];
}

/** GUIDs of partition types (UEFI specification 2.10, 5.3.3; GRUB's manual, BIOS installation). */
const PARTITION_TYPES = {
  efi: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  biosboot: '21686148-6449-6e6f-744e-656564454649',
} as const;

/** What of a disk may be left over by partitions that grow: the GPT at both ends, and aligning. */
const UNUSED_BYTES = 8 * 2 ** 20;

/** What ext4 leaves of its partition for files: inodes and the journal take 2 to 7 %, more of a small one. */
const USABLE_SHARE = 0.88;

/**
 * Of a disk that was divided as the install leaves say: what the firmware boots from, `/boot`, and a root file system that
 * has the rest.
 *
 * @param tree what `lsblk --json --bytes --output NAME,TYPE,PTTYPE,PARTTYPE,FSTYPE,LABEL,MOUNTPOINT,SIZE,FSSIZE` prints
 */
export function partitionFaults(tree: string, firmware: string): string[] {
  const { blockdevices }: { blockdevices: BlockDevice[] } = JSON.parse(tree);
  const within = (device: BlockDevice): BlockDevice[] => [device, ...(device.children ?? []).flatMap(within)];
  const disk = blockdevices.find((one) => within(one).some(({ mountpoint }) => mountpoint === '/'));
  if (disk === undefined) return ['no disk has the root file system'];
  const partitions = disk.children ?? [];
  const faults: string[] = [];
  const mounted = (path: string, fstype: string): BlockDevice | undefined => {
    const found = within(disk).find(({ mountpoint }) => mountpoint === path);
    if (found === undefined) faults.push(`${path} is not on the disk`);
    else if (found.fstype !== fstype) faults.push(`${path} is ${found.fstype ?? 'not formatted'}, not ${fstype}`);
    return found;
  };
  if (disk.pttype !== 'gpt') faults.push(`the partition table is ${disk.pttype ?? 'missing'}, not gpt`);
  const wanted = firmware === 'bios' ? 'biosboot' : 'efi';
  if (!partitions.some(({ parttype }) => parttype === PARTITION_TYPES[wanted]))
    faults.push(`no partition has the type ${wanted}, which ${firmware} boots from`);
  if (wanted === 'efi') mounted('/boot/efi', 'vfat');
  for (const [path, label] of [
    ['/boot', 'boot'],
    ['/', 'root'],
  ] as const) {
    const found = mounted(path, 'ext4');
    if (found === undefined) continue;
    if (found.label !== label) faults.push(`${path} has the label ${found.label ?? 'none'}, not ${label}`);
    const [has, could] = [Number(found.fssize), found.size].map((bytes) => Math.round(bytes / 2 ** 20));
    if (!(Number(found.fssize) >= USABLE_SHARE * found.size))
      faults.push(`the file system of ${path} has ${has} of ${could} MiB: it did not grow with its partition`);
  }
  const unused = disk.size - partitions.reduce((sum, { size }) => sum + size, 0);
  if (unused > UNUSED_BYTES) faults.push(`${Math.round(unused / 2 ** 20)} MiB of the disk are not used`);
  return faults;
}

/** Arguments that the boot loader adds by itself, or that are the installer's own. */
const OF_THE_BOOT = /^(?:BOOT_IMAGE|root|ro|rw|initrd|rootflags)(?:=|$)/u;
const OF_THE_INSTALLER = /^(?:inst\.|rd\.live\.|root=live:)/u;

/** Arguments that somebody has chosen, of a line that may be in quotes. */
const chosenArguments = (text: string): string[] =>
  text
    .trim()
    .replaceAll(/^"|"$/gu, '')
    .split(/\s+/u)
    .filter((word) => word !== '' && !OF_THE_BOOT.test(word));

/**
 * @param running `/proc/cmdline`
 * @param configured what the next kernel gets, as /etc/default/grub or a boot loader entry has it, in quotes or not
 */
export function argumentFaults(running: string, configured: string): string[] {
  const [now, next] = [chosenArguments(running), chosenArguments(configured)];
  return [
    ...now.filter((word) => OF_THE_INSTALLER.test(word)).map((word) => `${word} is the installer's`),
    ...next.filter((word) => !now.includes(word)).map((word) => `${word} is configured, and the kernel has not got it`),
  ];
}

/** @param found mode, owner and path of each kickstart that was found, a line each */
export function leftoverFaults(found: string): string[] {
  return found
    .split('\n')
    .filter(Boolean)
    .filter((line) => !/^[46]00 root \/root\//u.test(line))
    .map((line) => `what is left of a kickstart is not for root alone: ${line}`);
}

/** How `cryptsetup luksDump --dump-json-metadata` shows a LUKS 2 header (LUKS2 on-disk format specification, 3). */
interface LuksMetadata {
  keyslots?: Record<string, { key_size?: number; kdf?: { type?: string } }>;
  segments?: Record<string, { encryption?: string; size?: string }>;
}

/**
 * Of an encrypted file system of which the leaf says no more than that it is on LUKS 2: with what cryptsetup and anaconda
 * take by themselves, and one passphrase.
 *
 * @param metadata what `cryptsetup luksDump --dump-json-metadata` prints
 * @param argument the kernel's arguments, which name what is opened at boot
 */
export function luksFaults(metadata: string, uuid: string, argument: string): string[] {
  let read: LuksMetadata;
  try {
    read = JSON.parse(metadata);
  } catch {
    return [`its header is not one of LUKS 2: ${metadata.trim().split('\n')[0] || 'nothing was printed'}`];
  }
  const slots = Object.values(read.keyslots ?? {});
  const segments = Object.values(read.segments ?? {});
  const faults: string[] = [];
  if (slots.length !== 1) faults.push(`${slots.length} passphrases or keys open it, not 1`);
  for (const { key_size: bytes, kdf } of slots) {
    if (kdf?.type !== 'argon2id') faults.push(`a passphrase is hardened by ${kdf?.type ?? 'nothing'}, not argon2id`);
    if (bytes !== 64) faults.push(`its key has ${(bytes ?? 0) * 8} bits, not 512`);
  }
  if (segments.length !== 1) faults.push(`it has ${segments.length} segments, not 1`);
  for (const { encryption, size } of segments) {
    if (encryption !== 'aes-xts-plain64') faults.push(`it is encrypted by ${encryption ?? 'nothing'}`);
    if (size !== 'dynamic') faults.push(`it ends after ${size ?? 'no'} bytes, wherever its partition does`);
  }
  if (!argument.split(/\s+/u).includes(`rd.luks.uuid=luks-${uuid}`))
    faults.push(`no kernel argument has it opened: rd.luks.uuid=luks-${uuid}`);
  return faults;
}

/** What the firmware offers beside what boots: its own setup and shell, in a volume of the firmware's. */
const OF_THE_FIRMWARE = /\bFv(?:Vol|File)\(/u;

/**
 * Whether the firmware starts the disk first, with no entry of its menu that the disk depends on.
 *
 * @param entries what `efibootmgr` prints
 * @param loaders paths of programs in the EFI system partition
 */
export function bootOrderFaults(entries: string, loaders: string): string[] {
  const current = /^BootCurrent: ([0-9A-F]{4})$/mu.exec(entries)?.[1];
  const order = /^BootOrder: ([0-9A-F,]+)$/mu.exec(entries)?.[1]?.split(',') ?? [];
  const named = new Map(
    [...entries.matchAll(/^Boot([0-9A-F]{4})\*?\s+(.+)$/gmu)].map(([, id = '', name = '']) => [id, name.trim()]),
  );
  const faults: string[] = [];
  if (current === undefined) faults.push(`the firmware does not say what it started: ${entries.trim() || 'no answer'}`);
  else {
    const before = order
      .slice(0, Math.max(0, order.indexOf(current)))
      .map((id) => named.get(id) ?? id)
      .filter((name) => !OF_THE_FIRMWARE.test(name));
    if (!order.includes(current)) faults.push(`what was started, ${current}, is not in the order ${order.join(',')}`);
    faults.push(...before.map((name) => `the firmware tries ${name} before the disk`));
  }
  const paths = loaders.split('\n').map((path) => path.trim().toUpperCase());
  if (!paths.some((path) => path.endsWith('/EFI/BOOT/BOOTX64.EFI')))
    faults.push('without an entry in the menu of the firmware, nothing boots: there is no EFI/BOOT/BOOTX64.EFI');
  if (!paths.some((path) => /\/EFI\/(?!BOOT\/)[^/]+\/(?:GRUB|SHIM)X64\.EFI$/u.test(path)))
    faults.push('there is no boot loader in a directory of its own below EFI/');
  return faults;
}

/** @param bootSector the first 440 bytes of the disk, as text */
export function bootSectorFaults(bootSector: string): string[] {
  return bootSector.includes('GRUB') ? [] : ['the boot sector of the disk is not of GRUB'];
}

/** @param running `uname -r` @param kernels names of the kernels in /boot, as `vmlinuz-…` */
export function kernelFaults(running: string, kernels: string): string[] {
  const found = kernels.split('\n').map((name) => name.trim().replace(/^.*vmlinuz-/u, ''));
  const bootable = found.filter((name) => name !== '' && !name.includes('rescue'));
  return bootable.includes(running.trim())
    ? []
    : [`${running.trim()} runs, and /boot has ${bootable.join(', ') || 'no kernel'}`];
}
