import { withoutOwnWay } from './archive.ts';
import { initialSetupActions } from '../../../packages/rehearsal/src/install/initial-setup.ts';
import { INSTALLER_SUITE } from './installer-packages.ts';
import { suite } from '../../../packages/rehearsal/src/install/archives.ts';

/** Where a guest finds this machine's loopback, in QEMU's user network. */
export const HOST = '10.0.2.2';

/**
 * The answers to Debian's installer, by which it makes what the leaf's kickstart asks for: the same disk, packages, locale
 * and time, no Recommends, root locked, no user, and the rehearsal's own first boot, which asks for one.
 */
export function preseed(packages: readonly string[], port: number): string {
  const late = `wget -q -O /target/root/late http://${HOST}:${port}/late && in-target sh /root/late && rm /target/root/late && wget -q -O /tmp/done http://${HOST}:${port}/installed`;
  const recipe = [
    'leaf ::',
    '200 200 600 fat32 $primary{ } method{ efi } format{ } .',
    '1024 1024 1024 ext4 $primary{ } method{ format } format{ } use_filesystem{ } filesystem{ ext4 } mountpoint{ /boot } label{ boot } .',
    '4096 4096 -1 ext4 method{ format } format{ } use_filesystem{ } filesystem{ ext4 } mountpoint{ / } label{ root } .',
  ].join(' ');
  const kernel = packages.find((name) => /^linux-image-(?:cloud-)?amd64$/u.test(name)) ?? 'linux-image-amd64';
  const own = withoutOwnWay(packages).join(' ');
  const answers: readonly (readonly [question: string, type: string, answer: string])[] = [
    // Its log says why it fails; ours is kept, too.
    ['preseed/early_command', 'string', 'tail -n +1 -f /var/log/syslog >/dev/ttyS0 &'],
    ['debian-installer/locale', 'string', 'en_US.UTF-8'],
    ['keyboard-configuration/xkb-keymap', 'select', 'ch'],
    ['netcfg/choose_interface', 'select', 'auto'],
    ['netcfg/get_hostname', 'string', 'phyllome'],
    ['netcfg/get_domain', 'string', ''],
    ['hw-detect/load_firmware', 'boolean', 'false'],
    ['mirror/country', 'string', 'manual'],
    ['mirror/http/hostname', 'string', `${HOST}:${port}`],
    ['mirror/http/directory', 'string', '/debian'],
    ['mirror/http/proxy', 'string', ''],
    ['mirror/suite', 'string', suite],
    ['mirror/udeb/suite', 'string', INSTALLER_SUITE],
    // Nobody has signed that suite. Debian's is verified.
    ['debian-installer/allow_unauthenticated', 'boolean', 'true'],
    ['partman/early_command', 'string', 'debconf-set debian-installer/allow_unauthenticated false'],
    ['clock-setup/utc', 'boolean', 'true'],
    ['clock-setup/ntp', 'boolean', 'false'],
    ['time/zone', 'string', 'Europe/Paris'],
    ['passwd/root-login', 'boolean', 'true'],
    // It asks for one where this is empty or `!`.
    ['passwd/root-password-crypted', 'password', '*'],
    ['passwd/make-user', 'boolean', 'false'],
    ['partman-auto/disk', 'string', '/dev/vda'],
    ['partman-auto/method', 'string', 'regular'],
    ['partman-auto/expert_recipe', 'string', recipe],
    ['partman-auto/choose_recipe', 'select', 'leaf'],
    ['partman-partitioning/choose_label', 'select', 'gpt'],
    ['partman-partitioning/default_label', 'string', 'gpt'],
    ['partman-partitioning/confirm_write_new_label', 'boolean', 'true'],
    ['partman-basicfilesystems/no_swap', 'boolean', 'false'],
    ['partman-efi/non_efi_system', 'boolean', 'true'],
    ['partman/choose_partition', 'select', 'finish'],
    ['partman/confirm', 'boolean', 'true'],
    ['partman/confirm_nooverwrite', 'boolean', 'true'],
    ['base-installer/install-recommends', 'boolean', 'false'],
    ['base-installer/kernel/image', 'string', kernel],
    ['apt-setup/services-select', 'multiselect', ''],
    ['apt-setup/enable-source-repositories', 'boolean', 'false'],
    ['apt-setup/cdrom/set-first', 'boolean', 'false'],
    ['tasksel/first', 'multiselect', ''],
    ['pkgsel/run_tasksel', 'boolean', 'false'],
    ['pkgsel/include', 'string', own],
    ['pkgsel/upgrade', 'select', 'none'],
    ['pkgsel/update-policy', 'select', 'none'],
    ['popularity-contest/participate', 'boolean', 'false'],
    ['grub-installer/only_debian', 'boolean', 'true'],
    ['grub-installer/with_other_os', 'boolean', 'false'],
    ['grub-installer/force-efi-extra-removable', 'boolean', 'true'],
    ['preseed/late_command', 'string', late],
    ['finish-install/reboot_in_progress', 'note', ''],
    ['debian-installer/exit/poweroff', 'boolean', 'true'],
  ];
  return answers
    .map(
      ([question, type, answer]) =>
        `${question === 'tasksel/first' ? 'tasksel' : 'd-i'} ${question} ${type} ${answer}\n`,
    )
    .join('');
}

/** The rehearsal's first boot, as a script that makes its files in the installed system. */
export const firstBoot = (): string =>
  initialSetupActions()
    .map((action) => {
      if (action.do === 'link') return `mkdir -p "$(dirname ${action.path})"\nln -sf ${action.target} ${action.path}\n`;
      if (action.do === 'run') throw new Error('the first boot is made of files');
      const text = Buffer.from(action.text).toString('base64');
      return `mkdir -p "$(dirname ${action.path})"\nbase64 --decode >${action.path} <<END\n${text}\nEND\nchmod ${(action.mode ?? 0o644).toString(8)} ${action.path}\n`;
    })
    .join('');
