import { ArgumentParser } from 'argparse';

/** The release of lorax whose command line, log lines and refusals are rehearsed. */
const loraxVersion = '43.12';

/** What `--version` and the first log line say. */
export const versionText = `livemedia-creator v${loraxVersion}-rehearsal`;

/** livemedia-creator's options, as far as they mean something for `--make-iso --no-virt`; names as in lorax. */
export interface Options {
  makeIso: boolean;
  /** The rehearsal's own: an installer medium in place of a live one. */
  makeInstaller: boolean;
  /** The installer medium's own: its menu does not wait for a person. */
  unattended: boolean;
  noVirt: boolean;
  /** Only the first is used, as in lorax. */
  ks: string | undefined;
  resultdir: string | undefined;
  tmp: string;
  logfile: string;
  project: string;
  releasever: string;
  /** Without it: `project-version-arch`, cut to what ISO 9660 has room for. */
  volid: string | undefined;
  isoOnly: boolean;
  isoName: string;
  /** Stop after the installation. */
  imageOnly: boolean;
  /** An installed system to start from instead of installing one. */
  diskImage: string | undefined;
  /** A format of disk images, which an ISO is not. */
  imageType: string | undefined;
  rootfsType: string;
  macboot: boolean;
  compression: string;
  /** Split once, at its first space. */
  compressArgs: string[];
  dracutArgs: string[];
  dracutConf: string | undefined;
  extraBootArgs: string;
  /** Of the installation, in minutes; 0 is for ever. */
  timeoutMinutes: number;
  proxy: string | undefined;
  /** Options that lorax knows and the rehearsal ignores, as given. */
  ignored: string[];
}

/** Options that are accepted and change nothing here: the flag, and whether a value follows. */
const ignoredOptions: readonly (readonly [flag: string, takesValue: boolean])[] = [
  ['--anaconda-arg', true],
  ['--app-file', true],
  ['--app-name', true],
  ['--app-template', true],
  ['--arch', true],
  ['--armplatform', true],
  ['--bugurl', true],
  ['--cpu', true],
  ['--firmware', true],
  ['--fs-label', true],
  ['--image-name', true],
  ['--image-size-align', true],
  ['--iso', true],
  ['--isfinal', false],
  ['--keep-image', false],
  ['--kernel-args', true],
  ['--live-rootfs-keep-size', false],
  ['--live-rootfs-size', true],
  ['--location', true],
  ['--lorax-templates', true],
  ['--no-kvm', false],
  ['--oci-config', true],
  ['--oci-runtime', true],
  ['--qemu-arg', true],
  ['--ram', true],
  ['--release', true],
  ['--squashfs-only', false],
  ['--tar-disk-name', true],
  ['--vagrant-metadata', true],
  ['--vagrantfile', true],
  ['--variant', true],
  ['--vcpus', true],
  ['--virt-uefi', false],
  ['--vnc', true],
  ['--with-rng', true],
];

/** The other products of livemedia-creator. Known to the parser, so that asking for one says what is missing. */
const otherMakes = [
  '--make-ami',
  '--make-appliance',
  '--make-disk',
  '--make-fsimage',
  '--make-oci',
  '--make-ostree-live',
  '--make-pxe-live',
  '--make-tar',
  '--make-tar-disk',
  '--make-vagrant',
];

interface Namespace {
  [destination: string]: unknown;
}

function newParser(): ArgumentParser {
  const parser = new ArgumentParser({
    prog: 'livemedia-creator',
    description: 'Create a live ISO. This one rehearses it: Debian packages stand in for those of the kickstart.',
  });
  const make = parser.add_mutually_exclusive_group({ required: true });
  make.add_argument('--make-iso', { action: 'store_true', help: 'Build a live ISO' });
  make.add_argument('--make-installer', {
    action: 'store_true',
    help: 'Build an installer ISO (of the rehearsal only)',
  });
  for (const flag of otherMakes) make.add_argument(flag, { action: 'store_true', help: 'Not rehearsed' });

  parser.add_argument('--unattended', {
    action: 'store_true',
    help: 'With --make-installer: do not wait for a person',
  });
  parser.add_argument('--no-virt', { action: 'store_true', help: 'Install here instead of in a virtual machine' });
  parser.add_argument('--ks', { action: 'append', help: 'Kickstart file defining the install' });
  parser.add_argument('--resultdir', { help: 'Directory to put the results into; must not exist' });
  parser.add_argument('--tmp', { default: '/var/tmp', help: 'Top level temporary directory' });
  parser.add_argument('--logfile', { default: './livemedia.log', help: 'Name and path for the primary log file' });
  parser.add_argument('--image-only', { action: 'store_true', help: 'Stop after the installation' });
  parser.add_argument('--fs-image', '--disk-image', { dest: 'disk_image', help: 'Not rehearsed' });
  parser.add_argument('--image-type', { help: 'Not for an ISO' });
  parser.add_argument('--qcow2', { action: 'store_true', help: 'Not for an ISO' });
  parser.add_argument('--rootfs-type', { default: 'squashfs', help: 'Only squashfs is rehearsed' });
  parser.add_argument('--product', { help: 'The same as --project' });
  parser.add_argument('--project', { default: 'Linux', help: 'Name of the project, shown in the boot menu' });
  parser.add_argument('--releasever', { default: loraxVersion.split('.')[0], help: 'Version, shown in the boot menu' });
  parser.add_argument('--volid', { help: 'Volume id' });
  parser.add_argument('--iso-only', { action: 'store_true', help: 'Leave nothing but the ISO in resultdir' });
  parser.add_argument('--iso-name', { default: 'boot.iso', help: 'Name of the ISO with --iso-only' });
  parser.add_argument('--macboot', { action: 'store_true', default: true, help: 'Ask for mkfs.hfsplus (default)' });
  parser.add_argument('--nomacboot', { action: 'store_false', dest: 'macboot', help: 'Do not' });
  parser.add_argument('--compression', { default: 'xz', help: 'Compressor of the root file system' });
  parser.add_argument('--compress-arg', { action: 'append', default: [], help: 'Arguments to pass to compression' });
  parser.add_argument('--dracut-arg', { action: 'append', default: [], help: 'Argument to pass to dracut' });
  parser.add_argument('--dracut-conf', { help: 'Dracut configuration to use instead of the arguments' });
  parser.add_argument('--extra-boot-args', { default: '', help: 'Arguments for the kernel in every menu entry' });
  parser.add_argument('--timeout', { type: 'int', default: 0, help: 'Cancel the installer after this many minutes' });
  parser.add_argument('--proxy', { help: 'Proxy of the installer' });
  parser.add_argument('-V', '--version', { action: 'version', version: versionText });
  for (const [flag, takesValue] of ignoredOptions) {
    parser.add_argument(
      flag,
      takesValue ? { action: 'append', help: 'Ignored' } : { action: 'store_true', help: 'Ignored' },
    );
  }
  return parser;
}

const destination = (flag: string): string => flag.replace(/^--/u, '').replaceAll('-', '_');

/**
 * Reads livemedia-creator's command line (lorax, `src/pylorax/cmdline.py`) as Python's argparse does: unique prefixes
 * are options, and a mistake prints the usage and ends the process with 2. So does `--title`, which lorax no longer has.
 */
export function parseCommandLine(argv: readonly string[]): Options {
  const values: Namespace = newParser().parse_args([...argv]);
  const text = (name: string): string => String(values[name]);
  const optional = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
  const list = (name: string): string[] => (Array.isArray(values[name]) ? values[name].map(String) : []);
  return {
    makeIso: values['make_iso'] === true,
    makeInstaller: values['make_installer'] === true,
    unattended: values['unattended'] === true,
    noVirt: values['no_virt'] === true,
    ks: list('ks')[0],
    resultdir: optional('resultdir'),
    tmp: text('tmp'),
    logfile: text('logfile'),
    imageOnly: values['image_only'] === true,
    diskImage: optional('disk_image'),
    imageType: values['qcow2'] === true ? 'qcow2' : optional('image_type'),
    rootfsType: text('rootfs_type'),
    project: optional('product') ?? text('project'),
    releasever: text('releasever'),
    volid: optional('volid'),
    isoOnly: values['iso_only'] === true,
    isoName: text('iso_name'),
    macboot: values['macboot'] === true,
    compression: text('compression'),
    compressArgs: list('compress_arg'),
    dracutArgs: list('dracut_arg'),
    dracutConf: optional('dracut_conf'),
    extraBootArgs: text('extra_boot_args'),
    timeoutMinutes: Number(values['timeout']),
    proxy: optional('proxy'),
    ignored: ignoredOptions
      .map(([flag]) => flag)
      .filter((flag) => values[destination(flag)] === true || list(destination(flag)).length > 0),
  };
}
