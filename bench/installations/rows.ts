import type { InstallPhase } from '@phyllome/deploy';

/** Changes a flat kickstart into a bad one. */
type Change = (flat: string) => string;

/** One bad installation, and what is to come of it. */
export interface BadInstallation {
  name: string;
  /** None: the kickstart is as it is. */
  change?: Change;
  /** Of the failure that the monitor finds; the code of the refusal where no machine is started. */
  cause: string;
  /** In the lines that are shown. */
  says: RegExp;
  /** What the line of the kickstart that is named begins with; undefined: no line can be. */
  line?: RegExp;
  /** The machine loses its power when it comes to this phase. */
  during?: InstallPhase;
  /** What is typed when the disk that was installed, encrypted, asks for its passphrase; it is not that. */
  types?: string;
  /** The medium cannot be read whole. */
  damaged?: true;
  /** There is another disk, as empty. */
  twoDisks?: true;
  /** No machine is started for it. */
  early?: true;
  /** The installer refuses it before it touches the disk: several of them are tried in one machine. */
  refused?: true;
}

const without =
  (pattern: RegExp): Change =>
  (flat) =>
    flat
      .split('\n')
      .filter((line) => !pattern.test(line))
      .join('\n');
const replaced =
  (pattern: RegExp, by: string): Change =>
  (flat) =>
    flat.replace(pattern, by);
const withCommand =
  (line: string): Change =>
  (flat) =>
    flat.replace(/^zerombr$/mu, `zerombr\n${line}`);
const withScript =
  (section: string, body: string): Change =>
  (flat) =>
    `${flat.trimEnd()}\n\n${section}\n${body}\n%end\n`;

export const badInstallations: readonly BadInstallation[] = [
  {
    name: 'nothing may be cleared',
    refused: true,
    change: without(/^(?:zerombr|clearpart)/u),
    cause: 'storage',
    says: /Unable to allocate requested partition scheme/u,
    line: /^(?:req)?part\b/u,
  },
  {
    name: 'more than the disk has',
    refused: true,
    // What the swap has is for the machine to say: by sizes alone it would fit.
    change: (flat) => withCommand('part swap --recommended')(replaced(/--size=4096/u, '--size=8000')(flat)),
    cause: 'storage',
    says: /Unable to allocate/u,
    line: /^part /u,
  },
  {
    name: 'many times what the disk has',
    early: true,
    change: replaced(/--size=4096/u, '--size=90000'),
    cause: 'DISK_SIZE_INVALID',
    says: /a disk of 10 GiB has no room for partitions of/u,
  },
  {
    name: 'a root that the system does not fit into',
    refused: true,
    change: replaced(/--size=4096 --grow/u, '--size=500'),
    cause: 'space-root',
    says: /An additional \d+ MiB is needed/u,
    line: /^part \/ /u,
  },
  {
    name: 'no root',
    refused: true,
    change: without(/^part \/ /u),
    cause: 'storage',
    says: /have not defined a root partition/u,
  },
  {
    name: 'UEFI without its partition',
    refused: true,
    change: without(/^reqpart/u),
    cause: 'storage',
    says: /must include an EFI System Partition/u,
  },
  {
    name: 'a disk that does not exist',
    refused: true,
    change: withCommand('ignoredisk --only-use=nvme0n1'),
    cause: 'storage',
    says: /"nvme0n1" given in ignoredisk/u,
  },
  {
    name: 'a file system that nobody makes',
    refused: true,
    change: replaced(/^part \/ --fstype=ext4/mu, 'part / --fstype=zfs'),
    cause: 'storage',
    says: /"zfs" file system type/u,
    line: /^part \/ /u,
  },
  {
    name: 'what the installer does not do',
    refused: true,
    change: withCommand('fcoe --nic=eth0'),
    cause: 'storage',
    says: /does not carry out fcoe/u,
    line: /^fcoe/u,
  },
  {
    name: 'two disks, and none is named',
    refused: true,
    twoDisks: true,
    cause: 'storage',
    says: /There are 2 disks, vda and vdb/u,
  },
  {
    name: 'no disk',
    refused: true,
    change: withCommand('ignoredisk --drives=vda'),
    cause: 'storage',
    says: /No disks detected/u,
  },
  {
    // Packages come first: a medium has what its own kickstart asks for.
    name: 'logical volumes, from a medium that was made without',
    refused: true,
    change: withCommand('part pv.01 --size=1024\nvolgroup vg pv.01\nlogvol /srv --vgname=vg --name=srv --size=512'),
    cause: 'package-missing',
    says: /lvm2/u,
  },
  {
    name: 'a disk label of another kind',
    refused: true,
    change: replaced(/^clearpart .*$/mu, 'clearpart --all --initlabel --disklabel=msdos'),
    cause: 'storage',
    says: /makes GPT disk labels only/u,
    line: /^clearpart/u,
  },
  {
    name: 'an encrypted /boot',
    refused: true,
    change: replaced(/^part \/boot .*$/mu, 'part /boot --fstype=ext4 --size=1024 --encrypted --passphrase=x'),
    cause: 'storage',
    says: /\/boot cannot be encrypted/u,
    line: /^part \/boot/u,
  },
  {
    name: 'a kickstart with a syntax error',
    early: true,
    change: withCommand('lang en_US.UTF-8 --nonsense'),
    cause: 'kickstart',
    says: /--nonsense/u,
    line: /^lang .*--nonsense/u,
  },
  {
    name: 'an unknown command',
    early: true,
    change: withCommand('partitoin /'),
    cause: 'kickstart',
    says: /unknown command partitoin/u,
    line: /^partitoin/u,
  },
  {
    name: 'a package that the medium does not have',
    refused: true,
    change: replaced(/^%packages.*$/mu, '$&\nnonsense-package'),
    cause: 'package-missing',
    says: /nonsense-package/u,
  },
  {
    name: 'a failing %pre',
    refused: true,
    change: withScript('%pre --erroronfail', 'echo no such disk >&2\nexit 3'),
    cause: 'script',
    says: /no such disk/u,
    line: /^%pre /u,
  },
  {
    name: 'an include that no %pre has written',
    early: true,
    change: withCommand('%include /tmp/never-written.cfg'),
    cause: 'kickstart',
    says: /no such file/u,
    line: /^%include/u,
  },
  {
    name: 'power cut while packages are installed',
    during: 'packages',
    cause: 'ended-early',
    says: /ended in the phase packages/u,
  },
  {
    name: 'a medium that cannot be read whole',
    damaged: true,
    cause: 'installer-stopped',
    says: /unsquashfs|squashfs|read/iu,
  },
  {
    name: 'a wrong passphrase at boot',
    types: 'incorrect zebra battery staple',
    cause: 'wrong-passphrase',
    says: /Failed to start .*(?:cryptsetup|Cryptography Setup)/u,
  },
  {
    name: 'a failing %pre-install',
    change: withScript('%pre-install --erroronfail', 'false'),
    cause: 'script',
    says: /running the kickstart script/u,
    line: /^%pre-install/u,
  },
  {
    name: 'a failing %post',
    change: withScript('%post --erroronfail', 'echo the last straw\nfalse'),
    cause: 'script',
    says: /the last straw/u,
    line: /^%post/u,
  },
  {
    name: 'a %post that fills the disk',
    change: withScript('%post --erroronfail', 'dd if=/dev/zero of=/full bs=1M'),
    cause: 'script',
    says: /No space left on device/u,
    line: /^%post/u,
  },
];
