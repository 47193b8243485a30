import type { Help } from './help.ts';

/** What each command and each of its options does. Facts of releases are the flattener's: they are not repeated here. */

const NON_INTERACTIVE = {
  '--non-interactive': 'Ends with an error where the installer would ask.',
};

const ENCRYPTION = {
  '--encrypted': 'Encrypts it with LUKS.',
  '--passphrase': 'The passphrase of the encryption. It can be read by everyone who can read the kickstart.',
  '--escrowcert': 'Where to get a certificate: the encryption keys are kept, encrypted for it, in `/root`.',
  '--backuppassphrase': 'Adds a second, random passphrase, which is kept with the escrowed keys.',
  '--cipher': 'The cipher of the encryption, as `aes-xts-plain64`.',
  '--luks-version': 'The version of LUKS: `luks1` or `luks2`.',
  '--pbkdf': 'How the passphrase becomes a key: `argon2id`, `argon2i` or `pbkdf2`.',
  '--pbkdf-memory': 'Memory that making the key takes, in KiB.',
  '--pbkdf-time': 'Milliseconds that making the key takes.',
  '--pbkdf-iterations': 'Rounds that making the key takes, instead of a time.',
};

const FILE_SYSTEM = {
  mntpoint:
    'Where it is mounted, as `/` or `/home`; `swap`; or a name such as `pv.01` and `raid.01` for a part of something else.',
  '--fstype': 'The file system: `ext4`, `xfs`, `btrfs`, `vfat`, `efi`, `swap`, `biosboot`.',
  '--fsoptions': 'Mount options, as in `/etc/fstab`.',
  '--fsprofile': 'The usage type that mkfs takes, as in `/etc/mke2fs.conf`.',
  '--label': 'The label of the file system.',
  '--mkfsoptions': 'More options for mkfs.',
  '--noformat': 'Keeps what is there, and only mounts it.',
};

const SIZE = {
  '--size': 'In MiB; with `--grow` the least.',
  '--grow': 'Takes what room is left, up to `--maxsize`.',
  '--maxsize': 'The most that `--grow` takes, in MiB.',
  '--recommended': 'Takes a size that fits the machine: for swap.',
  '--hibernation': 'Large enough to hold the memory: for swap.',
  '--resize': 'Changes the size of what is there to `--size`.',
};

const PARTITION: Help = {
  does: 'Makes a partition, or uses one that is there.',
  options: {
    ...FILE_SYSTEM,
    ...SIZE,
    ...ENCRYPTION,
    '--asprimary': 'Must be a primary partition.',
    '--active': 'Marks the partition as the one that a BIOS boots.',
    '--ondisk': 'The disk it is made on, as `sda` or `disk/by-id/…`.',
    '--onbiosdisk': 'The disk as the BIOS counts it, as `80`.',
    '--onpart': 'An existing partition that is used for it, as `sda1`.',
    '--hw-passphrase': 'The passphrase of a disk that encrypts by itself.',
  },
};

const SOURCE = {
  '--url': 'Where the tree is: http, https, ftp or file.',
  '--mirrorlist': 'Where a list of mirrors is.',
  '--metalink': 'Where a metalink is, which lists mirrors and checksums.',
  '--proxy': 'The proxy, as `http://user:password@host:port`.',
  '--noverifyssl': 'Trusts any certificate of the server.',
  '--sslcacert': 'The file with the certificates that servers are checked by.',
  '--sslclientcert': 'The certificate by which this machine is known to the server.',
  '--sslclientkey': 'The key of that certificate.',
};

const ENDING = {
  '--eject': 'Ejects the installation medium first.',
  '--kexec': 'Starts the new kernel without going through the firmware.',
};

const VERSION_STORE = {
  '--remote': 'The name under which the repository is configured in the system.',
  '--url': 'Where the repository or image is.',
};

export const COMMANDS: Readonly<Partial<Record<string, Help>>> = {
  auth: { does: 'How users prove who they are, in the words of authconfig.', options: {} },
  authconfig: { does: 'How users prove who they are, in the words of authconfig.', options: {} },
  authselect: {
    does: 'Chooses a profile of authselect for how users prove who they are: what follows goes to it.',
    options: {},
  },
  autopart: {
    does: 'Makes the partitions that the product usually has.',
    options: {
      ...ENCRYPTION,
      '--type': 'How they are laid out.',
      '--nolvm': 'Plain partitions, as `--type=plain`.',
      '--fstype': 'The file system of all of them.',
      '--nohome': 'Without `/home`.',
      '--noboot': 'Without `/boot`.',
      '--noswap': 'Without swap.',
      '--hibernation': 'With a swap that can hold the memory.',
      '--hw-passphrase': 'The passphrase of a disk that encrypts by itself.',
    },
  },
  autostep: {
    does: 'Went through all screens of the installer, for debugging.',
    options: { '--autoscreenshot': 'Took a picture of each screen.' },
  },
  bootc: {
    does: 'Installs an image of bootc.',
    options: {
      '--stateroot': 'The name of the state root.',
      '--source-imgref': 'The image to install, as `registry:quay.io/fedora/fedora-bootc:latest`.',
      '--target-imgref': 'The image from which the system is updated later.',
      '--bootloader': 'The boot loader that bootc installs.',
      '--composefs': 'Uses the composefs backend.',
    },
  },
  bootloader: {
    does: 'How the system is booted.',
    options: {
      '--append': 'Arguments of the kernel, quoted as one word.',
      '--location': 'Where the boot record goes: `none` installs no boot loader.',
      '--password': 'A password for the menu.',
      '--iscrypted': 'The password is a hash already.',
      '--md5pass': 'A hashed password for the menu.',
      '--driveorder': 'The order in which the BIOS sees the disks, with commas.',
      '--timeout': 'Seconds that the menu waits.',
      '--default': 'The entry that is booted by default.',
      '--boot-drive': 'The disk that the boot loader is installed on.',
      '--leavebootorder': 'Leaves the boot order of EFI or POWER firmware as it is.',
      '--extlinux': 'Uses extlinux instead of GRUB.',
      '--disabled': 'Installs no boot loader at all, not even its configuration.',
      '--nombr': 'Writes the configuration of GRUB, and no boot record.',
      '--sdboot': 'Uses systemd-boot instead of GRUB.',
      '--upgrade': 'Kept the configuration when upgrading.',
    },
  },
  btrfs: {
    does: 'Makes a Btrfs volume of partitions, or a subvolume of one.',
    options: {
      '--noformat': 'Keeps the volume that is there.',
      '--useexisting': 'Uses a volume that is there, and formats it.',
      '--label': 'The label of the volume.',
      '--data': 'How data is spread over the partitions.',
      '--metadata': 'How metadata is spread over the partitions.',
      '--subvol': 'It is a subvolume.',
      '--parent': 'The volume that the subvolume belongs to: its label, or `LABEL=…`.',
      '--name': 'The name of the subvolume.',
      '--mkfsoptions': 'More options for mkfs.',
    },
  },
  cdrom: { does: 'Installs from the first optical drive.', options: {} },
  clearpart: {
    does: 'Removes partitions before new ones are made. Without it nothing is removed.',
    options: {
      '--all': 'All partitions.',
      '--linux': 'Those of Linux.',
      '--none': 'None.',
      '--list': 'These partitions, with commas.',
      '--drives': 'Only on these disks, with commas.',
      '--initlabel': 'Makes a new partition table on disks that have none, or that are cleared.',
      '--disklabel': 'The kind of new partition tables: `gpt`, `msdos`.',
      '--cdl': 'Formats LDL disks of IBM Z as CDL.',
    },
  },
  cmdline: {
    does: 'Installs without any interface: what is missing in the kickstart is an error.',
    options: NON_INTERACTIVE,
  },
  device: { does: 'Loaded a driver of the kernel.', options: {} },
  deviceprobe: { does: 'Looked for devices.', options: {} },
  dmraid: { does: 'Named devices of a firmware RAID.', options: {} },
  driverdisk: {
    does: 'Loads drivers from a driver disk.',
    options: {
      partition: 'The partition that has it.',
      '--source': 'Where it is: http, ftp, nfs, or a path.',
      '--biospart': 'The partition, as the BIOS counts it.',
    },
  },
  eula: {
    does: 'Accepts the license, so that the first boot does not ask.',
    options: { '--agreed': 'It is accepted.' },
  },
  fcoe: {
    does: 'Connects to storage by Fibre Channel over Ethernet.',
    options: {
      '--nic': 'The network device.',
      '--dcb': 'Awaits settings by Data Center Bridging.',
      '--autovlan': 'Finds the VLAN by itself.',
    },
  },
  firewall: {
    does: 'The firewall of the system: what may come in.',
    options: {
      '--enabled': 'Refuses what is not asked for.',
      '--disabled': 'Lets everything in.',
      '--port': 'Ports to open, with commas: `8080:tcp`.',
      '--trust': 'Devices that are let through.',
      '--service': 'Services of firewalld to open, with commas.',
      '--remove-service': 'Services of firewalld to close, with commas.',
      '--use-system-defaults': 'Leaves the firewall as the packages configure it.',
      '--ssh': 'Opens ssh.',
      '--http': 'Opens http.',
      '--ftp': 'Opens ftp.',
      '--smtp': 'Opens smtp.',
    },
  },
  firstboot: {
    does: 'Whether the setup dialog comes at the first boot.',
    options: {
      '--enabled': 'It comes.',
      '--disabled': 'It does not.',
      '--reconfig': 'It comes, and also asks for language, keyboard, network and the like.',
    },
  },
  graphical: { does: 'Installs with the graphical interface.', options: NON_INTERACTIVE },
  group: {
    does: 'Adds a group to the system.',
    options: { '--name': 'Its name.', '--gid': 'Its number; the next free one when left out.' },
  },
  halt: { does: 'Stops when the installation is done, and leaves the machine on.', options: ENDING },
  harddrive: {
    does: 'Installs from a disk of this machine that holds an ISO or a tree.',
    options: {
      '--dir': 'The directory on that partition.',
      '--partition': 'The partition.',
      '--biospart': 'The partition, as the BIOS counts it.',
    },
  },
  hmc: { does: 'Installs from the medium that the management console of IBM Z has.', options: {} },
  ignoredisk: {
    does: 'Disks that the installer does not touch.',
    options: {
      '--drives': 'These, with commas.',
      '--only-use': 'All but these, with commas.',
      '--interactive': 'Asked for it.',
    },
  },
  install: { does: 'Meant a new installation, and not an upgrade: it always is one now.', options: {} },
  iscsi: {
    does: 'Connects to a disk by iSCSI. `iscsiname` comes first.',
    options: {
      '--target': 'The name of the target.',
      '--ipaddr': 'The address of the server.',
      '--port': 'Its port, 3260 when left out.',
      '--user': 'The user for CHAP.',
      '--password': 'The password for CHAP.',
      '--reverse-user': 'The user by which the server proves itself.',
      '--reverse-password': 'The password by which the server proves itself.',
      '--iface': 'The network device that is used.',
    },
  },
  iscsiname: { does: 'The name of this machine for iSCSI.', options: { iqn: 'As `iqn.2001-04.com.example:name`.' } },
  keyboard: {
    does: 'The layout of the keyboard.',
    options: {
      kbd: 'A layout of X or of the console. Say `--vckeymap` or `--xlayouts` to be exact.',
      '--vckeymap': 'The layout of the console, as `de-nodeadkeys`.',
      '--xlayouts': "Layouts of the desktop, with commas, as `us,'cz (qwerty)'`.",
      '--switch': 'What switches between them, as `grp:alt_shift_toggle`.',
    },
  },
  lang: {
    does: 'The language of the system.',
    options: {
      lang: 'A locale, as `en_US.UTF-8`.',
      '--addsupport': 'More languages to install, with commas.',
    },
  },
  liveimg: {
    does: 'Installs a disk image instead of packages.',
    options: {
      '--url': 'Where it is: a tar file or anything that can be mounted.',
      '--proxy': 'The proxy for the download.',
      '--noverifyssl': 'Trusts any certificate of the server.',
      '--checksum': 'The SHA-256 of the file.',
    },
  },
  logging: {
    does: 'Sends the log of the installer to another machine.',
    options: { '--host': 'That machine.', '--port': 'Its port.', '--level': 'The least level that was shown.' },
  },
  logvol: {
    does: 'Makes a logical volume in a `volgroup`.',
    options: {
      ...FILE_SYSTEM,
      ...SIZE,
      ...ENCRYPTION,
      '--name': 'The name of the volume.',
      '--vgname': 'The volume group that it is made in.',
      '--percent': 'Of the group’s free room, instead of a size.',
      '--useexisting': 'Uses a volume that is there, and formats it.',
      '--thinpool': 'It is a pool for thin volumes; the mount point is `none`.',
      '--thin': 'It is a thin volume.',
      '--poolname': 'The pool of the thin volume.',
      '--chunksize': 'The chunk size of the pool, in KiB.',
      '--metadatasize': 'Room for the metadata of the pool, in MiB.',
      '--profile': 'The LVM profile of the pool.',
      '--cachesize': 'The size of a cache for the volume, in MiB.',
      '--cachemode': 'How the cache writes: `writeback` or `writethrough`.',
      '--cachepvs': 'The physical volumes of the cache, with commas.',
    },
  },
  mediacheck: { does: 'Checks the installation medium first.', options: {} },
  method: {
    does: 'Where packages come from, under the common name of `url`, `nfs`, `cdrom` and `harddrive`.',
    options: SOURCE,
  },
  module: {
    does: 'Enables or disables a module of packages.',
    options: { '--name': 'Its name.', '--stream': 'Which of its streams.', '--disable': 'Disables it.' },
  },
  mount: {
    does: 'Mounts a device that is there already, instead of making partitions.',
    options: {
      device: 'The device, as `/dev/sda2` or `UUID=…`.',
      mntpoint: 'Where; `none` only formats it.',
      '--reformat': 'Formats it first: as it was, or with the file system that is named.',
      '--mkfsoptions': 'More options for mkfs.',
      '--mountoptions': 'Mount options, as in `/etc/fstab`.',
    },
  },
  multipath: { does: 'Named the paths to a multipath device.', options: {} },
  network: {
    does: 'Configures a network device, and the host name. The first line is also for the installer itself.',
    options: {
      '--activate': 'Also activates the device in the installer.',
      '--no-activate': 'Does not activate the device in the installer.',
      '--bindto': 'Binds the connection to the device by its `mac` address.',
      '--bondopts': 'Options of the bond, with commas or semicolons.',
      '--bondslaves': 'Makes a bond of these devices, with commas.',
      '--bootproto': 'How it gets its address: `dhcp`, `static`, `bootp`, `ibft`, `query`.',
      '--bridgeopts': 'Options of the bridge, with commas.',
      '--bridgeslaves': 'Makes a bridge of these devices, with commas.',
      '--device': 'Its name, its MAC address, or `link`: the first that is connected.',
      '--dhcpclass': 'The class that is sent to the DHCP server.',
      '--essid': 'The name of the wireless network.',
      '--ethtool': 'Options for ethtool.',
      '--gateway': 'The router, for IPv4.',
      '--hostname': 'The name of the machine.',
      '--interfacename': 'The name of a VLAN device, instead of `device.id`.',
      '--ip': 'The address, for IPv4.',
      '--ipv4-dns-search': 'Domains to look names up in, with commas.',
      '--ipv4-ignore-auto-dns': 'Ignores the name servers of DHCP.',
      '--ipv6': 'The address with its prefix, `auto` or `dhcp`.',
      '--ipv6-dns-search': 'Domains to look names up in, with commas.',
      '--ipv6-ignore-auto-dns': 'Ignores the name servers of DHCPv6.',
      '--ipv6gateway': 'The router, for IPv6.',
      '--mtu': 'The largest packet.',
      '--nameserver': 'Name servers, with commas.',
      '--netmask': 'The mask of the address, for IPv4.',
      '--nodefroute': 'The device does not become the default route.',
      '--nodns': 'Configures no name server.',
      '--noipv4': 'Without IPv4.',
      '--noipv6': 'Without IPv6.',
      '--notksdevice': 'Is not the device by which the kickstart came.',
      '--onboot': 'Whether it is activated when the system boots.',
      '--teamconfig': 'The configuration of the team, as JSON.',
      '--teamslaves': 'Makes a team of these devices.',
      '--vlanid': 'Makes a VLAN with this number on the device.',
      '--wepkey': 'The WEP key of the wireless network.',
      '--wpakey': 'The WPA passphrase of the wireless network.',
    },
  },
  nfs: {
    does: 'Installs from an NFS server.',
    options: { '--server': 'The server.', '--dir': 'The directory with the tree.', '--opts': 'Mount options.' },
  },
  nvdimm: {
    does: 'Uses non-volatile memory as a disk.',
    options: {
      action: 'Whether the namespace is made anew, or used as a disk.',
      '--namespace': 'The namespace, as `namespace0.0`.',
      '--blockdevs': 'The block devices to use, with commas.',
      '--mode': 'The mode to put it into: `sector`.',
      '--sectorsize': 'The size of a sector, in bytes.',
    },
  },
  ostreecontainer: {
    does: 'Installs a container image that holds an OSTree commit.',
    options: {
      ...VERSION_STORE,
      '--stateroot': 'The name of the state root.',
      '--transport': 'How the image is fetched: `registry`, `oci`, `oci-archive`.',
      '--no-signature-verification': 'Does not check signatures.',
    },
  },
  ostreesetup: {
    does: 'Installs a commit of an OSTree repository.',
    options: {
      ...VERSION_STORE,
      '--osname': 'The name of the operating system’s directory.',
      '--ref': 'The branch to install.',
      '--nogpg': 'Does not check signatures.',
    },
  },
  part: PARTITION,
  partition: PARTITION,
  poweroff: { does: 'Turns the machine off when the installation is done.', options: ENDING },
  raid: {
    does: 'Makes a software RAID of partitions.',
    options: {
      ...FILE_SYSTEM,
      ...ENCRYPTION,
      partitions: 'Its parts, as `raid.01 raid.02`.',
      '--device': 'The name of the array, as `root` or `md0`.',
      '--level': 'Its level.',
      '--spares': 'Number of spare parts.',
      '--chunksize': 'The chunk size, in KiB.',
      '--useexisting': 'Uses an array that is there, and formats it.',
    },
  },
  rdp: {
    does: 'Shows the installer to another machine by RDP.',
    options: { '--username': 'The user to log in as.', '--password': 'The password to log in with.' },
  },
  realm: {
    does: 'Joins a domain: what follows goes to realmd, as `join --one-time-password=… example.com`.',
    options: {},
  },
  reboot: { does: 'Reboots when the installation is done.', options: ENDING },
  repo: {
    does: 'One more repository of packages for the installation.',
    options: {
      ...SOURCE,
      '--name': 'Its name.',
      '--baseurl': 'Where it is.',
      '--cost': 'Of two that have a package, the one that costs less is used; 1000 when left out.',
      '--excludepkgs': 'Packages that are not taken from it, with commas.',
      '--includepkgs': 'Packages that alone are taken from it, with commas.',
      '--ignoregroups': 'Whether its groups are ignored.',
      '--install': 'Also configures it in the system.',
    },
  },
  reqpart: {
    does: 'Makes only the partitions that the machine needs to boot, as `/boot/efi`.',
    options: { '--add-boot': 'And `/boot`.' },
  },
  rescue: {
    does: 'Starts a rescue system instead.',
    options: { '--nomount': 'Mounts nothing.', '--romount': 'Mounts the system read-only.' },
  },
  rhsm: {
    does: 'Registers the system with Red Hat.',
    options: {
      '--organization': 'The organization.',
      '--activation-key': 'A key of it; may be repeated.',
      '--connect-to-insights': 'Also connects to Insights.',
      '--proxy': 'The proxy, as `user:password@host:port`.',
      '--server-hostname': 'The server to register with.',
      '--rhsm-baseurl': 'Where content comes from.',
      '--flatpak-registry-url': 'Where Flatpaks come from.',
    },
  },
  rootpw: {
    does: 'The password of root.',
    options: {
      password: 'The password, or its hash.',
      '--iscrypted': 'It is a hash already.',
      '--plaintext': 'It is not a hash.',
      '--lock': 'Nobody can log in as root by a password.',
      '--allow-ssh': 'Root may log in by ssh with the password.',
    },
  },
  selinux: {
    does: 'The mode of SELinux.',
    options: {
      '--enforcing': 'Policies hold.',
      '--permissive': 'What policies forbid is only logged.',
      '--disabled': 'Without SELinux.',
    },
  },
  services: {
    does: 'Enables and disables units of systemd.',
    options: {
      '--disabled': 'With commas, without blanks; done first.',
      '--enabled': 'With commas, without blanks.',
    },
  },
  shutdown: { does: 'Shuts the system down when the installation is done.', options: ENDING },
  skipx: { does: 'Does not configure a desktop, even if one is installed.', options: {} },
  snapshot: {
    does: 'Makes a snapshot of a thin volume.',
    options: {
      origin: 'The volume, as `group/volume`.',
      '--name': 'The name of the snapshot.',
      '--when': 'Before the installation, or after it.',
    },
  },
  sshkey: {
    does: 'Lets somebody log in by ssh with this key.',
    options: { sshkey: 'The public key, quoted as one word.', '--username': 'As this user.' },
  },
  sshpw: {
    does: 'Lets somebody log in to the installer by ssh. The system itself is not affected.',
    options: {
      '--username': 'As this user.',
      password: 'The password, its hash, or a public key.',
      '--iscrypted': 'It is a hash already.',
      '--plaintext': 'It is not a hash.',
      '--lock': 'The account is locked.',
      '--sshkey': 'It is a public key.',
    },
  },
  syspurpose: {
    does: 'What the system is for, as Red Hat’s subscriptions know it.',
    options: {
      '--role': 'Its role.',
      '--sla': 'Its service level.',
      '--usage': 'Its usage.',
      '--addon': 'A product on top; may be repeated.',
    },
  },
  text: { does: 'Installs with the text interface.', options: NON_INTERACTIVE },
  timesource: {
    does: 'Where the system gets its time from; a line for each source.',
    options: {
      '--ntp-server': 'A server.',
      '--ntp-pool': 'A pool of servers.',
      '--ntp-disable': 'Does not synchronize the time.',
      '--nts': 'The server is asked by NTS, which is authenticated.',
    },
  },
  timezone: {
    does: 'The time zone of the system.',
    options: {
      timezone: 'As `Europe/Paris`.',
      '--utc': 'The hardware clock runs in UTC.',
      '--isUtc': 'The hardware clock runs in UTC.',
      '--nontp': 'Does not synchronize the time.',
      '--ntpservers': 'Time servers, with commas.',
    },
  },
  updates: {
    does: 'Where an updates image for the installer is.',
    options: { url: 'Its URL.', updates: 'Its URL.' },
  },
  url: { does: 'Installs from a tree on a server.', options: SOURCE },
  user: {
    does: 'Adds a user to the system.',
    options: {
      '--name': 'The name of the account.',
      '--gecos': 'The full name.',
      '--groups': 'More groups, with commas: `wheel` may use sudo.',
      '--homedir': 'The home directory, `/home/NAME` when left out.',
      '--password': 'The password, or its hash.',
      '--iscrypted': 'It is a hash already.',
      '--plaintext': 'It is not a hash.',
      '--lock': 'Nobody can log in with a password.',
      '--shell': 'The login shell.',
      '--uid': 'The number of the account.',
      '--gid': 'The number of its own group.',
    },
  },
  vnc: {
    does: 'Shows the installer to another machine by VNC.',
    options: {
      '--password': 'The password to connect with.',
      '--host': 'Connects to a viewer that listens there.',
      '--port': 'The port of that viewer.',
    },
  },
  volgroup: {
    does: 'Makes a volume group of physical volumes.',
    options: {
      name: 'Its name.',
      partitions: 'Its physical volumes, as `pv.01`.',
      '--noformat': 'Keeps the group that is there.',
      '--useexisting': 'Uses a group that is there, and makes it anew.',
      '--pesize': 'The size of its extents, in KiB.',
      '--reserved-space': 'Room that is left unused, in MiB.',
      '--reserved-percent': 'Room that is left unused, in percent.',
    },
  },
  xconfig: {
    does: 'The desktop of the system.',
    options: { '--startxonboot': 'The system boots into the desktop.', '--defaultdesktop': 'GNOME or KDE.' },
  },
  zerombr: {
    does: 'Initializes disks whose partition table cannot be read, without asking. What they hold is lost.',
    options: {},
  },
  zfcp: {
    does: 'Connects to storage by Fibre Channel on IBM Z.',
    options: { '--devnum': 'The device.', '--wwpn': 'The port.', '--fcplun': 'The unit.' },
  },
  zipl: {
    does: 'Whether IBM Z boots securely.',
    options: {
      '--secure-boot': 'Where the machine can.',
      '--force-secure-boot': 'Always; a machine that cannot does not boot.',
      '--no-secure-boot': 'Never.',
    },
  },
};
