import { editionArchitecture } from '@phyllome/host/architecture';
import type { Names } from './names.ts';

/**
 * The kickstarts of a new workspace: a live console system of Fedora, as small as one is that starts, with one idea a
 * block. They are a beginning: what a project makes of them is its own.
 */
export function minimalLeaves({ name, title }: Names, fedora: number): Record<string, string> {
  const mirrors = 'https://mirrors.fedoraproject.org/mirrorlist';
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
services --enabled=NetworkManager,systemd-resolved,chronyd,livesys,livesys-late
`,
    'leaves/blocks/source.cfg': `# Where packages come from. The release is written out, as is the architecture: what a mirror list is asked for does not
# depend on the machine that builds. phyllome lint compares the release with release.json.
url --mirrorlist="${mirrors}?repo=fedora-${fedora}&arch=${editionArchitecture.name}"
repo --name=fedora-${fedora}-updates --mirrorlist="${mirrors}?repo=updates-released-f${fedora}&arch=${editionArchitecture.name}"
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
systemd-resolved
%end

# The installer applies its network line only where it runs from a boot medium.
%post --erroronfail
set -eu
echo ${name} >/etc/hostname
%end
`,
    'leaves/blocks/branding.cfg': `# ${title} is a remix: Fedora's trademarks give way to the generic set, and the system calls itself by its own name.
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

%post --erroronfail
set -eu
release=$(mktemp)
printf 'NAME="%s"\\nID=%s\\nID_LIKE=fedora\\nPRETTY_NAME="%s"\\n' '${title}' '${name}' '${title}' >"$release"
grep -E '^(LOGO|PLATFORM_ID|SUPPORT_END|VERSION|VERSION_ID)=' /etc/os-release >>"$release"
rm -f /etc/os-release
install -m 0644 "$release" /etc/os-release
rm "$release"
%end
`,
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
-dracut-config-rescue
%end
`,
    'leaves/blocks/live/storage.cfg': `# The disk image that the system is installed into, in MiB. It is sparse, and the medium holds it compressed.
zerombr
clearpart --all --initlabel
part / --fstype=ext4 --size=4096
`,
    'leaves/blocks/live/session.cfg': `# livesys-scripts makes the liveuser and unlocks the console at boot.
%packages
livesys-scripts
%end

%post --erroronfail
set -eu
: >/etc/machine-id
install -d -m 0755 /etc/issue.d
printf 'Log in as liveuser: no password, and an administrator.\\n\\n' >/etc/issue.d/50-live.issue
%end
`,
    'leaves/blocks/live/poweroff.cfg': `# Without it, the installer waits for a key at the end.
poweroff
`,
    'leaves/lint.json': '{\n  "severity": {}\n}\n',
  };
}
