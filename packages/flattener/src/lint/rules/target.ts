import type { Finding, Rule } from '../rule.ts';
import { type ShellCommand, type ShellWord, hasOption, operands, program } from '../shell.ts';
import type { RuleContext } from '../rule-context.ts';

const SYSIMAGE = /^(\/mnt\/sys(image|root)|\$\{?(ANA_INSTALL_PATH|INSTALL_ROOT|SYSROOT))\b/;
/** Directories of a system; what is in the others is the installer's to write. */
const SYSTEM = /^\/(etc|usr|var|opt|boot|home|root|srv)(\/|$)/;

/** Programs whose operands are all written to, and those that only write to the last one. */
const WRITE_ALL = new Set(['mkdir', 'touch', 'tee', 'chmod', 'chown', 'rm', 'rmdir', 'truncate']);
const WRITE_LAST = new Set(['cp', 'mv', 'install', 'ln', 'rsync', 'sed']);

function targets(command: ShellCommand): readonly ShellWord[] {
  const name = program(command);
  if (WRITE_ALL.has(name)) return [...command.writes, ...operands(command)];
  if (!WRITE_LAST.has(name)) return command.writes;
  const isEdit =
    name !== 'sed' || command.words.some(({ text }) => /^-\w*i/.test(text) || text.startsWith('--in-place'));
  return isEdit ? [...command.writes, ...operands(command).slice(-1)] : command.writes;
}

export const nochrootTarget: Rule = {
  id: 'KSL_NOCHROOT_TARGET',
  severity: 'error',
  doc: 'a %post --nochroot writes below /mnt/sysimage',
  reason: 'outside the chroot /etc is the installer’s own: what is written there is gone when it ends',
  check: (context) =>
    inScripts(context, (nochroot) => nochroot).flatMap((command) =>
      targets(command)
        .filter(({ text }) => SYSTEM.test(text))
        .map((word): Finding => ({
          message: `${word.text} is the installer's here, not the target's`,
          hint: `write /mnt/sysimage${word.text}, or leave out --nochroot`,
          where: word,
          length: word.length,
        })),
    ),
};

export const sysimageInChroot: Rule = {
  id: 'KSL_SYSIMAGE_IN_CHROOT',
  severity: 'error',
  doc: 'a %post without --nochroot does not name /mnt/sysimage',
  reason: 'inside the chroot the target is /, and /mnt/sysimage is an empty directory or none at all',
  check: (context) =>
    inScripts(context, (nochroot) => !nochroot).flatMap((command) =>
      [...command.words, ...command.writes]
        .filter(({ text }) => text.startsWith('/mnt/') && SYSIMAGE.test(text))
        .map((word): Finding => ({
          message: `${word.text} does not exist inside the target`,
          hint: 'leave out /mnt/sysimage, or write %post --nochroot',
          where: word,
          length: word.length,
        })),
    ),
};

/** A program that talks to the running system, which inside the chroot is still the installer's. */
interface Running {
  readonly hint: string;
  /** Whether this command only reads. */
  readonly reads?: (command: ShellCommand) => boolean;
}

const firstOperand = (command: ShellCommand): string => operands(command)[0]?.text ?? '';

/** The command has options only, or a word that begins like one of the verbs that only read. */
function readsBy(...verbs: string[]): (command: ShellCommand) => boolean {
  return (command) => {
    const words = operands(command).map(({ text }) => text);
    return words.length === 0 || words.some((word) => verbs.some((verb) => word.startsWith(verb)));
  };
}

/** The command has one of the options that only read. */
function readsByOption(...options: string[]): (command: ShellCommand) => boolean {
  return (command) => hasOption(command, ...options);
}

const RUNNING: Readonly<Record<string, Running>> = {
  virsh: {
    hint: 'write the XML to /etc/libvirt',
    reads: readsBy(
      'list',
      'dominfo',
      'domstate',
      'dumpxml',
      'net-list',
      'net-info',
      'pool-list',
      'nodedev-list',
      'capab',
    ),
  },
  nmcli: {
    hint: 'use the network command, or write a keyfile to /etc/NetworkManager/system-connections',
    reads: readsBy('show', 'status', 'list', 'monitor'),
  },
  localectl: { hint: 'use the lang and keyboard commands', reads: readsBy('status', 'list-') },
  hostnamectl: { hint: 'write the name to /etc/hostname', reads: readsBy('status') },
  timedatectl: { hint: 'use the timezone command', reads: readsBy('status', 'show', 'list-', 'timesync-status') },
  loginctl: {
    hint: 'write to /var/lib/systemd/linger, or use a first-boot unit',
    reads: readsBy('list-', 'show-', 'user-status', 'session-status'),
  },
  'firewall-cmd': {
    hint: 'use the firewall command, or firewall-offline-cmd',
    reads: (command) => command.words.some(({ text }) => /^--(state|list-|get-|query-|info-|check-config)/.test(text)),
  },
  setenforce: { hint: 'use the selinux command' },
  modprobe: {
    hint: 'write to /etc/modules-load.d',
    reads: readsByOption('-n', '--dry-run', '-D', '--show-depends', '-c', '--showconfig'),
  },
  rmmod: { hint: 'write to /etc/modprobe.d' },
  sysctl: {
    hint: 'write to /etc/sysctl.d',
    reads: (command) =>
      !hasOption(command, '-w', '--write', '-p', '--load', '--system') &&
      !operands(command).some(({ text }) => text.includes('=')),
  },
  swapon: {
    hint: 'use the part command',
    reads: (command) => firstOperand(command) === '' && !hasOption(command, '-a', '--all'),
  },
  brctl: { hint: 'use the network command with --bridgeslaves', reads: readsBy('show') },
};
const SYSTEMCTL = new Set(
  'start stop restart reload try-restart reload-or-restart daemon-reload isolate kill'.split(' '),
);

/** Programs that change the system they run in: outside the chroot that is the installer, unless an option names another root. */
const CHANGING: Readonly<Record<string, readonly string[]>> = {
  useradd: ['-R', '--root', '-P', '--prefix'],
  usermod: ['-R', '--root', '-P', '--prefix'],
  groupadd: ['-R', '--root', '-P', '--prefix'],
  gpasswd: ['-Q', '--root'],
  passwd: ['-R', '--root'],
  chpasswd: ['-R', '--root'],
  systemctl: ['--root'],
  dnf: ['--installroot'],
  yum: ['--installroot'],
  rpm: ['--root', '-r'],
  dracut: ['--sysroot', '-r'],
  'grub2-mkconfig': [],
  grubby: [],
};

/** What of grubby changes the boot entries; the rest reads them. */
const GRUBBY_CHANGES = [
  'args',
  'remove-args',
  'update-kernel',
  'set-default',
  'set-default-index',
  'add-kernel',
  'remove-kernel',
  'add-multiboot',
  'remove-multiboot',
  'mbargs',
  'remove-mbargs',
  'copy-default',
  'make-default',
  'initrd',
  'update',
].map((name) => `--${name}`);

/** The command writes GRUB's defaults or configuration: what it prints, or reads, changes nothing. */
function changesGrub(command: ShellCommand): boolean {
  if (program(command) === 'grubby') return hasOption(command, ...GRUBBY_CHANGES);
  if (hasOption(command, '-h', '--help', '-V', '--version')) return false;
  if (program(command) === 'update-grub') return true;
  const isToFile = command.words.some(({ text }) => /^-o|^--output/.test(text));
  return isToFile || command.writes.some(({ text }) => text !== '/dev/null');
}

export const installerCommand: Rule = {
  id: 'KSL_INSTALLER_COMMAND',
  severity: 'error',
  doc: 'no command of a script acts on the installer instead of the target',
  reason:
    'virsh, nmcli or systemctl start talk to the services of the running installer, which are gone when it ends; users made outside the chroot are its own',
  check: (context) => [
    ...inScripts(context, () => true).flatMap((command) => talksToInstaller(command)),
    ...inScripts(context, (nochroot) => nochroot).flatMap((command) => changesInstaller(command)),
  ],
};

function talksToInstaller(command: ShellCommand): Finding[] {
  const name = program(command);
  if (name === 'systemctl') {
    const verb = firstOperand(command);
    const isNow = hasOption(command, '--now');
    if ((!SYSTEMCTL.has(verb) && !isNow) || hasOption(command, '--root')) return [];
    const hint = isNow ? 'leave out --now: the unit starts at boot' : 'enable the unit: it starts at boot';
    return [onProgram(command, `systemctl ${isNow ? '--now' : verb} acts on the running installer`, hint)];
  }
  const running = RUNNING[name];
  if (running === undefined || running.reads?.(command) === true) return [];
  return [onProgram(command, `${name} acts on the running installer`, running.hint)];
}

function changesInstaller(command: ShellCommand): Finding[] {
  const name = program(command);
  const options = CHANGING[name];
  if (options === undefined || hasOption(command, ...options) || onlyReads(command)) return [];
  const hint = `write chroot /mnt/sysimage ${name}, or leave out --nochroot`;
  return [onProgram(command, `${name} changes the installer, not the target`, hint)];
}

/** A command of {@link CHANGING} that changes nothing. */
function onlyReads(command: ShellCommand): boolean {
  const name = program(command);
  const verb = firstOperand(command);
  if (name === 'systemctl') return /^(is-|list-|show|status|cat|get-)/.test(verb);
  if (name === 'rpm') return command.words.some(({ text }) => /^-\w*[qVK]|^--(query|verify|checksig|eval)$/.test(text));
  if (name === 'dnf' || name === 'yum')
    return /^(list|info|search|repoquery|provides|repolist|history|check)/.test(verb);
  if (name === 'passwd') return hasOption(command, '-S', '--status');
  if (name === 'grub2-mkconfig' || name === 'grubby') return !changesGrub(command);
  return hasOption(command, '--help', '--version');
}

/** Programs that are given users. */
const OF_USERS = new Set(['usermod', 'chown', 'gpasswd', 'passwd', 'runuser', 'su', 'install', 'loginctl']);

export const liveUser: Rule = {
  id: 'KSL_LIVE_USER',
  severity: 'error',
  doc: 'no script of a live leaf needs the live user',
  reason: 'livesys-scripts makes liveuser when the medium boots: at build time there is none',
  check: (context) =>
    context.live
      ? inScripts(context, () => true).flatMap((command) => {
          if (!OF_USERS.has(program(command))) return [];
          const word = command.words.find(({ text }) => /^liveuser(:|$)/.test(text));
          if (word === undefined) return [];
          const hint = 'use a polkit rule or a unit that runs after livesys.service';
          return [
            { message: 'liveuser exists only once the medium has booted', hint, where: word, length: word.length },
          ];
        })
      : [],
};

const GRUB_PROGRAMS = new Set(['grub2-mkconfig', 'grubby', 'update-grub']);

export const grubDefaults: Rule = {
  id: 'KSL_GRUB_DEFAULTS',
  severity: 'error',
  doc: 'no script edits the GRUB defaults or configuration',
  reason:
    'bootloader --append is what reaches both the installed system and, through phyllome, the live medium, whose GRUB menu livemedia-creator writes itself',
  check: (context) =>
    inScripts(context, () => true).flatMap((command) => {
      const word =
        targets(command).find(({ text }) => text.endsWith('/etc/default/grub')) ??
        (GRUB_PROGRAMS.has(program(command)) && changesGrub(command) ? command.words[0] : undefined);
      if (word === undefined) return [];
      const message = context.live
        ? 'a live medium does not boot with the GRUB configuration of the tree it is made from'
        : 'the installer writes the GRUB configuration from the bootloader command';
      return [{ message, hint: 'write bootloader --append="ARGUMENTS"', where: word, length: word.length }];
    }),
};

function onProgram(command: ShellCommand, message: string, hint: string): Finding {
  const length = command.words[0]?.length ?? 1;
  return { message, hint, where: command, length };
}

/** The commands of the %post scripts. */
function inScripts(context: RuleContext, wanted: (nochroot: boolean) => boolean): ShellCommand[] {
  return context.scripts
    .filter(({ script }) => script.type === 'post' && wanted(script.nochroot))
    .flatMap(({ commands }) => commands);
}
