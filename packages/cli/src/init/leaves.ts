import { editionArchitecture } from '@phyllome/host/architecture';
import { type Target, distributions, packageSources } from '@phyllome/pipeline';
import type { Names } from './names.ts';

/**
 * The kickstarts of a new workspace: a live console system, as small as one is that starts, with one idea a block. They
 * are a beginning: what a project makes of them is its own.
 */
export function minimalLeaves({ name, title }: Names, target: Target): Record<string, string> {
  const fedora = target.distribution === 'fedora';
  const enabled = fedora ? 'NetworkManager,systemd-resolved,chronyd,livesys,livesys-late' : 'NetworkManager,chronyd';
  return {
    'leaves/lbase.cfg': `# ${title}, live: a console system.
%include blocks/source.cfg
%include blocks/system.cfg
%include blocks/branding.cfg
%include blocks/packages.cfg
%include blocks/live/boot.cfg
%include blocks/live/storage.cfg
%include blocks/live/session.cfg
%include blocks/live/poweroff.cfg

# The one services line: a second one would replace it.
services --enabled=${enabled}
`,
    'leaves/blocks/source.cfg': `# Where packages come from. The release is written out, as is the architecture: what a mirror list is asked for does not
# depend on the machine that builds. phyllome lint compares the release with release.json.
${packageSources(target).join('\n')}
`,
    'leaves/blocks/system.cfg': `# How the system speaks, is reached and is guarded.
lang en_US.UTF-8
keyboard --vckeymap=us --xlayouts='us'
timezone Etc/UTC --utc
network --bootproto=dhcp --device=link --activate --hostname=${name}
rootpw --lock
selinux --enforcing

%packages
NetworkManager
chrony
selinux-policy-targeted
${fedora ? 'systemd-resolved\n' : ''}%end

# The installer applies its network line only where it runs from a boot medium.
%post --erroronfail
set -eu
echo ${name} >/etc/hostname
%end
`,
    'leaves/blocks/branding.cfg': fedora ? fedoraBranding({ name, title }) : branding({ name, title }, target),
    'leaves/blocks/packages.cfg': `# The packages of a console system that starts, is updated and is worked with.
%packages
@core
kernel
less
vim-minimal
%end
`,
    'leaves/blocks/live/boot.cfg': `# What livemedia-creator needs to make a medium that boots by BIOS and by UEFI. It asks for dracut-live by this very name;
# isomd5sum is what checks the medium at boot.
bootloader --location=none --timeout=1

%packages
dracut-config-generic
dracut-live
efibootmgr
grub2-efi-${editionArchitecture.efi}
grub2-efi-${editionArchitecture.efi}-cdboot
grub2-pc
grub2-pc-modules
grub2-tools
grub2-tools-efi
grub2-tools-extra
isomd5sum
shim-${editionArchitecture.efi}
${isolinux(target)}-dracut-config-rescue
%end
`,
    'leaves/blocks/live/storage.cfg': `# The disk image that the system is installed into, in MiB. It is sparse, and the medium holds it compressed.
zerombr
clearpart --all --initlabel
part / --fstype=ext4 --size=4096
`,
    'leaves/blocks/live/session.cfg': fedora ? fedoraSession : session,
    'leaves/blocks/live/poweroff.cfg': `# Without it, the installer waits for a key at the end.
poweroff
`,
    'leaves/lint.json': '{\n  "severity": {}\n}\n',
  };
}

/** lorax's template of Enterprise Linux 9 starts by ISOLINUX where there is a BIOS, and copies all of this. */
const isolinux = ({ distribution, version }: Target): string =>
  distribution !== 'fedora' && version === 9 ? `memtest86+\n${distribution}-logos\nsyslinux\n` : '';

const fedoraBranding = ({ name, title }: Pick<Names, 'name' | 'title'>): string =>
  `# ${title} is a remix: Fedora's trademarks give way to the generic set, and the system calls itself by its own name.
%packages
fedora-remix-logos
generic-logos
generic-release
generic-release-common
-fedora-logos
-fedora-release
-fedora-release-common
-fedora-release-identity-basic
%end

${ownName({ name, title }, 'fedora')}`;

const branding = ({ name, title }: Pick<Names, 'name' | 'title'>, { distribution }: Target): string =>
  `# ${title} is a remix: the system calls itself by its own name. The trademarks of ${distributions[distribution].name} are in its logos,
# which have no generic counterpart: read its policy before you publish an image.
${ownName({ name, title }, `${distribution} rhel fedora`)}`;

const ownName = ({ name, title }: Pick<Names, 'name' | 'title'>, like: string): string =>
  `%post --erroronfail
set -eu
release=$(mktemp)
printf 'NAME="%s"\\nID=%s\\nID_LIKE="%s"\\nPRETTY_NAME="%s"\\n' '${title}' '${name}' '${like}' '${title}' >"$release"
grep -E '^(LOGO|PLATFORM_ID|SUPPORT_END|VERSION|VERSION_ID)=' /etc/os-release >>"$release"
rm -f /etc/os-release
install -m 0644 "$release" /etc/os-release
rm "$release"
%end
`;

const fedoraSession = `# livesys-scripts makes the liveuser and unlocks the console at boot.
%packages
livesys-scripts
%end

%post --erroronfail
set -eu
: >/etc/machine-id
install -d -m 0755 /etc/issue.d
printf 'Log in as liveuser: no password, and an administrator.\\n\\n' >/etc/issue.d/50-live.issue
%end
`;

/** livesys-scripts is not in Enterprise Linux itself. */
const session = `# The session's user, who is on the medium from the start: what is installed from it should not have one.
user --name=live --groups=wheel

%post --erroronfail
set -eu
passwd --delete live
: >/etc/machine-id
install -d -m 0755 /etc/issue.d
printf 'Log in as live: no password, and an administrator.\\n\\n' >/etc/issue.d/50-live.issue
%end
`;
