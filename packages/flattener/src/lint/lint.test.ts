import { describe, expect, test } from 'vitest';

import { tree } from '../../test/support/tree.ts';
import { renderDiagnostic } from '../render-diagnostic.ts';
import { CATALOGUE, RULES } from './catalogue.ts';
import { readLintConfig } from './config.ts';
import { applyFixes } from './fix.ts';
import { lint } from './lint.ts';
import type { CheckShell, ShellComment } from './shellcheck.ts';

type Files = Readonly<Record<string, string>>;
interface Options {
  live?: boolean;
  config?: string;
  complete?: boolean;
  volumeId?: string;
  release?: string;
}

const find = (files: Files, { live = false, config = '{}', complete = true, volumeId, release }: Options = {}) =>
  lint({
    ...tree(files),
    release,
    leaves: [{ path: 'leaf.cfg', live, volumeId }],
    config: readLintConfig('lint.json', config),
    complete,
  });

/** `RULE line:column` of each finding in one file. */
async function check(text: string, options: Options = {}): Promise<string[]> {
  const found = await find({ 'leaf.cfg': text }, options);
  return found.map(({ code, at }) => `${code} ${at.line}:${at.column}`);
}

async function fixed(text: string, options: Options = {}): Promise<string> {
  const files = { 'leaf.cfg': text };
  return applyFixes(await find(files, options), tree(files).readFile).get('leaf.cfg') ?? text;
}

const post = (...lines: string[]): string => `%post --erroronfail\nset -eu\n${lines.join('\n')}\n%end\n`;
const nochroot = (...lines: string[]): string => post(...lines).replace('%post', '%post --nochroot');

/** Kickstarts that break a rule, with the places, and beside each one that keeps it. */
const CASES: Readonly<Record<string, readonly (readonly [bad: string, places: readonly string[], good: string])[]>> = {
  KSL_PACKAGES_HEADER: [
    [
      '%packages --nocore --default\na\n%end\n%packages\nb\n%end',
      ['1:11'],
      '%packages --nocore\na\n%end\n%packages --nocore\nb\n%end',
    ],
    [
      '%packages --excludedoc\na\n%end\n%packages\n%end',
      ['1:11'],
      '%packages --inst-langs=en\na\n%end\n%packages\n%end',
    ],
  ],
  KSL_WEAK_DEPENDENCY: [
    [
      '%packages --excludeWeakdeps\n@core\ndbus\n%end\n',
      ['1:11'],
      '%packages --excludeWeakdeps\n@core\ndbus\nsystemd-pam\n%end\n',
    ],
    [
      '%packages\n%end\n%packages --exclude-weakdeps\n-dbus\n%end\n',
      ['3:11'],
      '%packages\n@core\nvirt-manager\n%end\n',
    ],
    [
      '%packages --exclude-weakdeps\ndbus\nsystemd-pam\n@hardware-support\nvirt-manager\n%end\n',
      ['4:1', '5:1'],
      '%packages --exclude-weakdeps\ndbus\nsystemd-pam\n@hardware-support\nlinux-firmware\nvirt-manager\n-gtksourceview4\n%end\n',
    ],
  ],
  KSL_NOCHROOT_TARGET: [
    [nochroot('echo a >/etc/issue'), ['3:9'], nochroot('echo a >/mnt/sysimage/etc/issue')],
    [nochroot('cp /etc/resolv.conf /etc/x'), ['3:21'], nochroot('cp /etc/resolv.conf /mnt/sysimage/etc/')],
    [nochroot('mkdir -p /var/lib/x /tmp/y'), ['3:10'], nochroot('mkdir -p "$ANA_INSTALL_PATH/var/lib/x" /tmp/y')],
    [nochroot('sed -i s/a/b/ /etc/x'), ['3:15'], nochroot('sed s/a/b/ /etc/x')],
    [nochroot('cat <<EOF >/etc/x\nhello\nEOF'), ['3:12'], post('cat <<EOF >/etc/x\nhello\nEOF')],
  ],
  KSL_SYSIMAGE_IN_CHROOT: [
    [post('touch /mnt/sysimage/etc/x'), ['3:7'], post('touch /etc/x')],
    [post('echo >/mnt/sysroot/x'), ['3:7'], nochroot('echo >/mnt/sysroot/x')],
  ],
  KSL_INSTALLER_COMMAND: [
    [post('if true; then virsh pool-autostart iso; fi'), ['3:15'], post('ln -s /etc/a /etc/libvirt/autostart')],
    [post('nmcli con add type bridge'), ['3:1'], post('# nmcli con add type bridge')],
    [post('systemctl enable --now sshd'), ['3:1'], post('systemctl enable sshd')],
    [post('/usr/bin/systemctl restart sshd'), ['3:1'], post('systemctl mask sshd')],
    [nochroot('useradd a'), ['3:1'], nochroot('chroot /mnt/sysimage useradd a')],
    [nochroot('dracut -f'), ['3:1'], post('dracut -f')],
    [nochroot('systemctl enable a'), ['3:1'], nochroot('systemctl --root=/mnt/sysimage enable a')],
    [post('localectl set-keymap ch-fr'), ['3:1'], post('x="$(localectl status)"')],
    [post('swapon /swap'), ['3:1'], post('swapon -s | grep /dev/zram0')],
    [post('nmcli con up eth0'), ['3:1'], post('nmcli -g DEVICE connection show')],
    [post('sysctl -w vm.swappiness=1'), ['3:1'], post('sysctl -n kernel.osrelease')],
    [post('modprobe kvm'), ['3:1'], post('modprobe --show-depends kvm')],
    [post('firewall-cmd --permanent --add-service=ssh'), ['3:1'], post('firewall-cmd --list-all')],
    [nochroot('dnf -y install a'), ['3:1'], nochroot('dnf list installed')],
    [nochroot('rpm -e a'), ['3:1'], nochroot('rpm -qa')],
    [nochroot('systemctl disable a'), ['3:1'], nochroot('systemctl is-enabled a')],
  ],
  KSL_GRUB_DEFAULTS: [
    [post('sed -i s/quiet// /etc/default/grub'), ['3:18'], 'bootloader --append=quiet\n'],
    [post('sed -i s/quiet// /mnt/sysimage/etc/default/grub'), ['3:18'], post('grep quiet /etc/default/grub')],
    [post('grub2-mkconfig -o /boot/grub2/grub.cfg'), ['3:1'], post('echo grub2-mkconfig')],
    [post('grub2-mkconfig >/boot/grub2/grub.cfg'), ['3:1'], post('grub2-mkconfig | grep quiet')],
    [post('grubby --update-kernel=ALL --args=quiet'), ['3:1'], post('grubby --info=DEFAULT')],
    [post('grubby --set-default-index=1'), ['3:1'], post('k=$(grubby --default-kernel)')],
    [post('cat >>/etc/default/grub <<EOF\na\nEOF'), ['3:7'], post('cat <<EOF\n/etc/default/grub\nEOF')],
  ],
  KSL_DOWNLOAD: [
    [post('curl -LO http://a/b'), ['3:1'], post('curl -LO http://a/b', 'echo "abc  b" | sha256sum --check')],
    [post('x=$(wget -qO- http://a)'), ['3:5'], post('wget -q http://a', 'gpgv a.sig a')],
    [post('git clone http://a/b'), ['3:1'], post('git -C /a status')],
    [post('git clone http://a/b'), ['3:1'], post('git clone http://a/b', `git -C b checkout ${'0a'.repeat(20)}`)],
    [post('wget -q -O /x http://a'), ['3:1'], post('wget -q -O /dev/null --method=POST http://a/built')],
    [post('wget http://a'), ['3:1'], post('wget --spider http://a')],
    [post('wget -qO- http://a | sh'), ['3:1'], post('wget -qO- http://a/built')],
    [post('wget -P /x http://a'), ['3:1'], post('wget --post-data=built http://a')],
    [post('curl -fsSLo /x http://a'), ['3:1'], post('curl -fsSo /dev/null http://a')],
    [post('curl http://a >/x'), ['3:1'], post('curl -s http://a >/dev/null')],
    [post('curl -o /x -d done http://a'), ['3:1'], post('curl -X POST -d done http://a')],
    [post('token=$(curl -d name=a http://a)'), ['3:9'], post('code=$(curl -o /dev/null -w "%{http_code}" http://a)')],
    [post('x=$(\ncurl http://a\n)'), ['4:1'], post('(\ncurl http://a\n)')],
    [post('curl http://a | tar -xz'), ['3:1'], post('curl -s http://a | grep -q ready')],
    [post('curl -H "Accept: x" -O http://a/b'), ['3:1'], post('curl -I http://a/b')],
    [post('podman pull a/b:latest'), ['3:1'], post('podman pull a/b@sha256:0123')],
    [post('pip install a'), ['3:1'], post('pip install --require-hashes -r a.txt', 'pip install ./a')],
    [post('curl -O http://a', 'sha256sum a'), ['3:1'], post('curl -O http://a', 'test "$(sha256sum a)" = "$sum"')],
    [post('sha256sum -c x', 'curl -O http://b'), ['4:1'], post('curl -O http://b', 'sha256sum -c x')],
  ],
  KSL_PACKAGES_IN_SCRIPT: [
    [post('dnf -y update'), ['3:1'], post('dnf config-manager --help')],
    [post('rpm -ivh a.rpm'), ['3:1'], post('rpm -qi a')],
    [post('rpm -e a'), ['3:1'], post('rpm --import /etc/pki/a')],
    [post('rpm -Uvh a.rpm'), ['3:1'], post('rpm -q -i a', 'rpm -V a')],
    [post('dnf group install a'), ['3:1'], post('dnf group list --installed')],
    [post('dnf --enablerepo a install b'), ['3:1'], post('dnf search install')],
  ],
  KSL_ERRORONFAIL: [
    ['%post\nset -e\n%end', ['1:1'], '%post --erroronfail\nset -e\n%end'],
    ['  %pre --log=/x\nset -e\n%end', ['1:3'], '%onerror\ntrue\n%end'],
  ],
  KSL_SET_E: [
    ['%post --erroronfail\na\nb\n%end', ['1:1'], '%post --erroronfail\nset -o errexit\na\nb\n%end'],
    ['%post --erroronfail\na; b\n%end', ['1:1'], '%post --erroronfail\na\n%end'],
    [
      '%pre --erroronfail --interpreter=/bin/bash\n:\n:\n%end',
      ['1:1'],
      '%pre --erroronfail --interpreter=/usr/bin/python3\nx\n%end',
    ],
    ['%post --erroronfail\nset -u\nx\n%end', ['1:1'], '%post --erroronfail --interpreter="/bin/bash -e"\nx\n%end'],
  ],
  KSL_CARRIAGE_RETURN: [
    ['%post --erroronfail\nset -eu\r\n:\r\n%end', ['2:1'], '%post --erroronfail\r\nset -eu\n%end\r\n'],
    [
      '%post --erroronfail\n: # set -e\nset -e\r\n%end',
      ['3:1'],
      '%post --interpreter=/usr/bin/python3 --erroronfail\r\nx\r\n%end',
    ],
  ],
  KSL_KERNEL_MODULE: [
    [post('echo vfio_virqfd >/etc/modules-load.d/a'), ['3:6'], post('echo vfio_pci >/etc/modules-load.d/a')],
    [post('cat >/x <<EOF\nvfio-virqfd\nEOF'), ['4:1'], post('# vfio_virqfd')],
  ],
  KSL_KERNEL_ARGUMENT: [
    [
      post('sed -i "s/quiet/& amd_iommu=on amd_iommu=pt/" /etc/default/grub'),
      ['3:19', '3:32'],
      post('echo amd_iommu=pt'),
    ],
    [
      'bootloader --append="quiet amd_iommu=pt"\n',
      ['1:28'],
      'bootloader --append="quiet amd_iommu=force_enable iommu=pt"\n',
    ],
    [
      'bootloader --append=intel_iommu=pt\n',
      ['1:21'],
      'bootloader --append="intel_iommu=on,sm_on mitigations=auto,nosmt"\n',
    ],
  ],
  KSL_SECRET: [
    ['rootpw secret\n', ['1:8'], 'rootpw --lock\n'],
    ['rootpw --iscrypted $6$abc\n', ['1:20'], 'rootpw --iscrypted nope\n'],
    ['rootpw $ecret\n'.replace('$', 's'), ['1:8'], 'rootpw --iscrypted $default_password_crypted\n'],
    ['rootpw secret\nrootpw --lock\n', ['1:8'], 'rootpw --lock\n'],
    ['user --name=a --password=b\n', ['1:15'], 'user --name=a --lock\n'],
    ['part / --size=1 --encrypted --passphrase=x\n', ['1:29'], 'part / --size=1\n'],
    ['url --url=http://me:pw@host/x\n', ['1:11'], 'url --url=http://host/x\n'],
    [post('echo root:x | chpasswd'), ['3:15'], post('echo "root:$pw" | chpasswd')],
    [post('cat >/k <<EOF\n-----BEGIN OPENSSH PRIVATE KEY-----\nEOF'), ['4:1'], post('echo')],
  ],
  KSL_CRYPT_HASH: [
    ['rootpw --iscrypted letmein\n', ['1:20'], 'rootpw --plaintext letmein\n'],
    ['sshpw --username=a --iscrypted ""\n', ['1:1'], 'rootpw --lock\n'],
    ['rootpw --iscrypted $6$abc\n', ['1:20'], `rootpw --iscrypted $6$salt$${'a'.repeat(86)}\n`],
    [
      `rootpw --iscrypted $6$salt$${'a'.repeat(85)}\n`,
      ['1:20'],
      `rootpw --iscrypted $6$rounds=5000$salt$${'a'.repeat(86)}\n`,
    ],
    ['user --name=a --iscrypted --password=plain99\n', ['1:38'], 'user --name=a --iscrypted --password=!!\n'],
    [
      `user --name=a --password=$y$j9T$salt$${'a'.repeat(43)}\n`,
      ['1:26'],
      `user --name=a --iscrypted --password=$y$j9T$salt$${'a'.repeat(43)}\n`,
    ],
    ['sshpw --username=a --iscrypted b\n', ['1:32'], 'sshpw --username=a --sshkey ssh-ed25519 AAAA\n'],
    [
      'bootloader --iscrypted --password=a\n',
      ['1:35'],
      'bootloader --iscrypted --password=grub.pbkdf2.sha512.10000.0A.0B\n',
    ],
    [post('usermod -p letmein root'), ['3:12'], post('usermod -p "$hash" root', "usermod -p '!' root")],
  ],
  KSL_UNKNOWN_UNIT: [
    ['services --enabled=sshdd\n', ['1:20'], 'services --enabled=sshd\n'],
    ['services --enabled=sshd,NetworkManagr\n', ['1:25'], 'services --enabled=sshd,NetworkManager,getty@tty1\n'],
    ['services --disabled=frobnicate\n', ['1:21'], 'services --disabled=cups.socket\n'],
    // Gone in a release before, and still there under its other name.
    ['services --enabled=cloud-init\n', ['1:20'], 'services --enabled=cloud-init-local\n'],
    [post('systemctl enable sshdd'), ['3:18'], post('systemctl enable sshd', 'systemctl status sshdd')],
    [post('systemctl --quiet enable fstrm.timer'), ['3:26'], post('systemctl enable fstrim.timer')],
    // A package of its name, or its own file, may bring it.
    ['services --enabled=frobnicate\n', ['1:20'], 'services --enabled=frob\n%packages\nfrob\n%end'],
    [
      post('systemctl enable frob.service'),
      ['3:18'],
      post('cat >/etc/systemd/system/frob.service <<EOF\nEOF', 'systemctl enable frob'),
    ],
    [post('systemctl enable frob'), ['3:18'], post('dnf -y install http://a/b.rpm', 'systemctl enable frob')],
    [post('systemctl enable frob'), ['3:18'], post('systemctl enable "$unit" /etc/frob.service')],
    ['services --enabled=systemd-resolvd\n', ['1:20'], 'services --enabled=systemd-frobnicated\n'],
  ],
  KSL_UNKNOWN_TIME_ZONE: [
    ['timezone Europe/Pariss\n', ['1:10'], 'timezone Europe/Paris\n'],
    ['timezone --utc Paris\n', ['1:16'], 'timezone --utc US/Eastern\n'],
    ['timezone europe/paris\n', ['1:10'], 'timezone Etc/GMT+5\n'],
    ['timezone CEST\n', ['1:10'], 'timezone $zone\n'],
    [
      post('ln -sf /usr/share/zoneinfo/Europe/Pariss /etc/localtime'),
      ['3:8'],
      post('ln -sf ../usr/share/zoneinfo/Europe/Paris /etc/localtime', 'ls /usr/share/zoneinfo/America'),
    ],
  ],
  KSL_GONE_PACKAGE: [
    ['%packages\nnewsbeuter\n%end', ['2:1'], '%packages\nnewsboat\n%end'],
    ['%packages\nmesa-vdpau-drivers.x86_64\n%end', ['2:1'], '%packages\n-mesa-vdpau-drivers\n%end'],
  ],
  KSL_ROOTPW_LOCKED: [['rootpw --iscrypted --lock locked\n', ['1:1'], 'rootpw --lock\n']],
  KSL_LUKS_PASSPHRASE: [['part / --size=1 --encrypted\n', ['1:17'], 'part / --size=1\n']],
  KSL_MOUNT_POINT: [
    [
      'part / --size=1\nlogvol / --vgname=v --name=r --size=1\n',
      ['2:8'],
      'part /boot --size=1\nlogvol / --vgname=v --name=r --size=1\n',
    ],
  ],
  KSL_ONE_FIRMWARE: [
    ['part / --size=1\n', ['1:6'], 'reqpart\npart / --size=1\n'],
    ['part /boot/efi --size=1\npart / --size=1\n', ['1:6'], 'part / --size=1\nbootloader --location=none\n'],
    ['part / --size=1\n', ['1:6'], 'autopart\n'],
    ['part / --size=1\n', ['1:6'], 'part / --size=1\n%packages\ndracut-live\n%end\n'],
  ],
  KSL_LABEL_LENGTH: [
    [
      'part / --size=1 --fstype=ext4 --label=a2345678901234567\n',
      ['1:31'],
      'part / --size=1 --fstype=ext4 --label=a234567890123456\n',
    ],
  ],
  KSL_VOLUME_ID: [
    [
      `bootloader --append="root=live:CDLABEL=${'a'.repeat(33)}"\n`,
      ['1:32'],
      `bootloader --append="root=live:CDLABEL=${'a'.repeat(32)}"\n`,
    ],
  ],
  KSL_UNPINNED_REPO: [
    ['repo --name=a --baseurl=http://a/$releasever/\n', ['1:34'], 'repo --name=a --baseurl=http://a/44/\n'],
    ['url --url=http://a/rawhide/\n', ['1:20'], 'url --url=http://a/44/\n'],
    ['url --url=http://stable.a/latest/\n', ['1:27'], 'url --url=http://stable.a/development/45/\n'],
  ],
  KSL_RESERVED_REPO: [
    ['repo --name=updates --baseurl=http://a/44\n', ['1:6'], 'repo --name=u --baseurl=http://a/44\n'],
    ['repo --name=anaconda --baseurl=http://a/44\n', ['1:6'], 'repo --name=fedora --baseurl=http://a/44\n'],
  ],
  KSL_NOVERIFYSSL: [['url --url=https://a/44 --noverifyssl\n', ['1:24'], 'url --url=https://a/44\n']],
  KSL_IGNORE_MALFORMED: [
    ['# lint-ignore KSL_SECRET\nskipx\n', ['1:1'], '# lint-ignore KSL_SECRET: for a test\nrootpw x\n'],
    ['# lint-ignore KSL_SECRETS: for a test\nskipx\n', ['1:1'], '# nothing\nskipx\n'],
    ['skipx # lint-ignore\n', ['1:7'], 'skipx # ignore\n'],
  ],
  KSL_IGNORE_UNUSED: [
    [
      '# lint-ignore KSL_SECRET: for a test\nrootpw --lock\n',
      ['1:1'],
      'rootpw x # lint-ignore KSL_SECRET: for a test\n',
    ],
  ],
  KS_OPTION_REPLACED: [
    ['services --enabled=a\nservices --enabled=b\n', ['2:1'], 'services --enabled=a,b\n'],
    ['services --enabled=a,b\nservices --enabled=b\n', ['2:1'], 'services --enabled=a\nservices --enabled=b,a\n'],
    [
      'firewall --service=mdns,ssh\nfirewall --service=mdns\n',
      ['2:1'],
      'firewall --service=mdns\nfirewall --service=ssh,mdns\n',
    ],
    [
      'bootloader --append="a b"\nbootloader --append="a c"\n',
      ['2:1'],
      'bootloader --append="a b"\nbootloader --append="b c a"\n',
    ],
  ],
  KS_OPTION_DROPPED: [['timezone UTC --utc\ntimezone Europe/Paris\n', ['2:1'], 'timezone UTC --utc\n']],
  KS_COMMENT_IN_WORD: [['lang C#D\n', ['1:7'], 'lang C #D\n']],
  KS_DUPLICATE: [['part / --size=1\npart / --size=2\n', ['2:1'], 'part / --size=1\n']],
  KS_IGNORED_LINE: [['%ksappend a.ks\n', ['1:1'], 'skipx\n']],
  KS_SECTION_NOT_ENDED: [['%post --erroronfail\nset -e\n', ['1:1'], post('echo')]],
};

describe('each rule', () => {
  const cases = Object.entries(CASES).flatMap(([rule, all]) =>
    all.map(([bad, places, good]) => ({ rule, bad, places, good })),
  );

  test.each(cases)('$rule: $bad', async ({ rule, bad, places, good }) => {
    expect((await check(bad)).filter((found) => found.startsWith(`${rule} `))).toEqual(
      places.map((at) => `${rule} ${at}`),
    );
    expect((await check(good)).filter((found) => found.startsWith(`${rule} `))).toEqual([]);
  });

  test('has a case here', () => {
    const own = ['KSL_LIVE_USER', 'KSL_OTHER_RELEASE'];
    expect(RULES.map(({ id }) => id).filter((id) => !(id in CASES) && !own.includes(id))).toEqual([]);
  });

  test('has a doc line, a reason and an id of its own', () => {
    const all = [...CATALOGUE.values()];
    expect(all.filter(({ doc, reason }) => doc === '' || reason === '' || /\n/.test(doc))).toEqual([]);
    expect(all.filter(({ id }) => !/^KSL?_[A-Z_]+$/.test(id))).toEqual([]);
  });
});

describe('the release of repositories', () => {
  const text =
    'url --mirrorlist="http://m/?repo=fedora-44&arch=x86_64"\nrepo --name=fedora-44-updates --baseurl=http://m/updates/44/x/\n';
  const lintFor = (release: string | undefined) =>
    lint({ ...tree({ 'leaf.cfg': text }), leaves: [{ path: 'leaf.cfg', live: false }], release });

  test('is the one that is asked for, and is moved to it', async () => {
    const found = await lintFor('F45');
    expect(found.map(({ code, at }) => `${code} ${at.line}:${at.column}`)).toEqual([
      'KSL_OTHER_RELEASE 1:41',
      'KSL_OTHER_RELEASE 2:20',
      'KSL_OTHER_RELEASE 2:58',
    ]);
    const moved = applyFixes(found, tree({ 'leaf.cfg': text }).readFile).get('leaf.cfg');
    expect(moved).toBe(text.replaceAll('44', '45'));
  });

  test.each([['F44'], ['RHEL9'], [undefined]])('is no problem with %s', async (release) => {
    expect((await lintFor(release)).filter(({ code }) => code === 'KSL_OTHER_RELEASE')).toEqual([]);
  });
});

describe('a live leaf', () => {
  const sound = [
    'url --url=http://mirror/44',
    'network --bootproto=dhcp',
    'part / --size=4096',
    'bootloader --location=none',
    'poweroff',
    '%packages\ndracut-live\n%end',
  ];
  const livesWith = (without: string, ...more: string[]): Promise<string[]> =>
    check([...sound.filter((line) => without === '' || !line.startsWith(without)), ...more].join('\n'), { live: true });

  test.each([
    ['', [], []],
    ['', ['text'], ['KS_LIVE_DISPLAY_MODE 9:1']],
    ['%packages', [], ['KS_LIVE_DRACUT 1:1']],
    ['part', ['part / --grow --size=0'], ['KS_LIVE_ROOT 8:1']],
    ['poweroff', [], ['KS_LIVE_END 1:1']],
    ['', [post('usermod -aG libvirt liveuser')], ['KSL_LIVE_USER 11:21']],
    ['', [post('chown liveuser:liveuser /x')], ['KSL_LIVE_USER 11:7']],
    ['', [post('usermod -aG libvirt other')], []],
  ])('without %j, with %j', async (without, more, expected) => {
    expect(await livesWith(without, ...more)).toEqual(expected);
  });

  test('has a volume id that ISO 9660 takes', async () => {
    expect(await check('skipx\n', { volumeId: 'x'.repeat(32) })).toEqual([]);
    expect(await check('skipx\n', { volumeId: 'x'.repeat(33) })).toEqual(['KSL_VOLUME_ID 1:1']);
  });

  test('is not checked for what it lacks while an include is missing', async () => {
    expect(await check('%include gone.cfg\n', { live: true })).toEqual(['KS_INCLUDE_NOT_FOUND 1:10']);
  });
});

describe('a finding', () => {
  const files = {
    'leaf.cfg': '%include blocks/a.cfg\n',
    'other.cfg': '%include blocks/a.cfg\n',
    'blocks/a.cfg': 'rootpw secret\n',
  };

  test('is shown with its place, its include chain and a hint', async () => {
    const found = await find(files);
    expect(found.map((finding) => renderDiagnostic(finding, tree(files).readFile))).toEqual([
      `error[KSL_SECRET] blocks/a.cfg:1:8
  1 | rootpw secret
    |        ~~~~~~ a password in the source
  included from leaf.cfg:1:1
  hint: lock the account and let the first boot ask; for tests, keep it in a leaf of their own with a reason`,
    ]);
  });

  test('is one for all leaves that include the place', async () => {
    const leaves = ['leaf.cfg', 'other.cfg'].map((path) => ({ path, live: false }));
    const found = await lint({ ...tree(files), leaves });
    expect(found.map(({ leaves: all }) => all)).toEqual([['leaf.cfg', 'other.cfg']]);
  });
});

describe('a lint-ignore comment', () => {
  const bad = 'rootpw secret';

  test.each([
    [`# lint-ignore KSL_SECRET: a test\n${bad}\n`, []],
    [`${bad} # lint-ignore KSL_SECRET: a test\n`, []],
    [`# lint-ignore KSL_SECRET: a test\n\n# more\n${bad}\n`, []],
    [`# lint-ignore KSL_SECRET: a test\nskipx\n${bad}\n`, ['KSL_IGNORE_UNUSED 1:1', 'KSL_SECRET 3:8']],
    [`# lint-ignore KSL_DOWNLOAD, KSL_INSTALLER_COMMAND: a test\n${post('curl -O a', 'nmcli con up a')}`, []],
    [post('curl -O a # lint-ignore KSL_DOWNLOAD: a test'), []],
    [post('# lint-ignore KSL_DOWNLOAD: a test', 'curl -O a', 'curl -O b'), ['KSL_DOWNLOAD 5:1']],
    // Errors of the kickstart itself cannot be ignored.
    ['# lint-ignore KS_OPTION_REPLACED: a test\nnonsense\n', ['KSL_IGNORE_UNUSED 1:1', 'KS_UNKNOWN_COMMAND 2:1']],
  ])('%j', async (text, expected) => {
    expect(await check(text)).toEqual(expected);
  });

  test('may be for a leaf that is not looked at', async () => {
    expect(await check('# lint-ignore KSL_SECRET: a test\nskipx\n', { complete: false })).toEqual([]);
  });
});

describe('a rule that depends on the release', () => {
  test.each([
    ['rootpw --iscrypted --lock locked\n', 'F44', ['KSL_ROOTPW_LOCKED 1:1']],
    ['rootpw --iscrypted --lock locked\n', 'F43', []],
    ['rootpw --iscrypted --lock locked\n', 'RHEL9', []],
  ])('%j for %s', async (text, release, expected) => {
    expect(await check(text, { release })).toEqual(expected);
  });

  test.each([
    ['%packages\nnewsbeuter\n%end', 'F44', ['KSL_GONE_PACKAGE 2:1']],
    ['%packages\nnewsbeuter\n%end', 'F43', []],
    ['%packages\nnewsbeuter\n%end', 'RHEL9', []],
    ['services --enabled=cloud-init\n', 'F42', []],
    ['services --enabled=cloud-init\n', 'RHEL9', []],
    // Elsewhere only what is near a known name is a mistake.
    ['services --enabled=frobnicate\n', 'RHEL9', []],
    ['services --enabled=sshdd\n', 'RHEL9', ['KSL_UNKNOWN_UNIT 1:20']],
  ])('%j for %s finds what is wrong there', async (text, release, expected) => {
    expect(await check(text, { release })).toEqual(expected);
  });

  test.each([
    ['services --enabled=sshdd\n', 'did you mean sshd?'],
    ['services --enabled=fstrm.timer\n', 'did you mean fstrim.timer?'],
    ['timezone Paris\n', 'did you mean Europe/Paris?'],
    ['timezone Europe/Pariss\n', 'did you mean Europe/Paris?'],
    ['%packages\nnewsbeuter\n%end', 'write newsboat'],
  ])('%j gets the hint %j', async (text, hint) => {
    const found = await find({ 'leaf.cfg': text });
    expect(found.map((finding) => finding.hint)).toEqual([hint]);
  });

  test.each([
    ['F45', 'write --name=fedora-45-updates'],
    ['RHEL9', 'write --name=rhel-9-updates'],
  ])('names that of %s in its hint', async (release, hint) => {
    const found = await find({ 'leaf.cfg': 'repo --name=updates --baseurl=http://a/9/\n' }, { release });
    expect(found.map((finding) => finding.hint)).toEqual([hint]);
  });
});

function comment(code: number, level: ShellComment['level']): ShellComment {
  return { code, level, message: level, line: 1, column: 1, endLine: 1, endColumn: 2 };
}

describe('what shellcheck finds', () => {
  const all = [comment(1, 'error'), comment(2, 'warning'), comment(3, 'info'), comment(4, 'style')];
  const shell = async (config: string, result: Awaited<ReturnType<CheckShell>> = all) => {
    const found = await lint({
      ...tree({ 'leaf.cfg': post('x') }),
      leaves: [{ path: 'leaf.cfg', live: false, config: readLintConfig('lint.json', config) }],
      checkShell: () => Promise.resolve(result),
    });
    return found.map(({ severity, message, at }) => `${at.line} ${severity} ${message}`);
  };

  test('keeps its levels, and style is left out', async () => {
    expect(await shell('{}')).toEqual(['2 error SC1: error', '2 warning SC2: warning', '2 info SC3: info']);
  });

  test.each([
    ['{"shellcheck":"warning"}', ['2 error SC1: error', '2 warning SC2: warning']],
    [
      '{"shellcheck":"style","severity":{"KSL_SHELL":"warning"}}',
      ['2 warning SC1: error', '2 warning SC2: warning', '2 warning SC3: info', '2 warning SC4: style'],
    ],
    ['{"severity":{"KSL_SHELL":"off"}}', []],
  ])('with %s', async (config, expected) => {
    expect(await shell(config)).toEqual(expected);
  });

  test('is not known of a script that it did not end with', async () => {
    expect(await shell('{}', { unchecked: 'it did not end within 30 s' })).toEqual([
      '1 warning shellcheck did not check this script: it did not end within 30 s',
    ]);
  });
});

async function severities(severity: string): Promise<string[]> {
  const found = await find({ 'leaf.cfg': 'rootpw x\n' }, { config: `{"severity":{"KSL_SECRET":"${severity}"}}` });
  return found.map((finding) => finding.severity);
}

describe('the configuration', () => {
  test('sets the severity of rules', async () => {
    expect(await severities('warning')).toEqual(['warning']);
    expect(await severities('error')).toEqual(['error']);
    expect(await severities('off')).toEqual([]);
  });

  test.each([
    ['nonsense', /not JSON/],
    ['{"shellcheck":"no"}', /"shellcheck" cannot be "no"/],
    ['[]', /not an object/],
    ['{"rules":{}}', /unknown key "rules"/],
    ['{"severity":[]}', /not an object/],
    ['{"severity":{"KSL_SECRETS":"off"}}', /no rule KSL_SECRETS/],
    ['{"severity":{"KS_UNKNOWN_COMMAND":"off"}}', /no rule KS_UNKNOWN_COMMAND/],
    ['{"severity":{"KSL_SECRET":"no"}}', /cannot be "no"/],
  ])('%s is refused', (text, message) => {
    const error = expect.objectContaining({ code: 'LINT_CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(() => readLintConfig('lint.json', text)).toThrow(error);
  });
});

describe('a fix', () => {
  test.each([
    // A last command that fails without harm would abort the installation.
    ['%post\n[ -f /a ] && touch /b\n%end\n', '%post\n[ -f /a ] && touch /b\n%end\n'],
    ['bootloader --append="quiet amd_iommu=pt"\n', 'bootloader --append="quiet amd_iommu=pt"\n'],
    ['rootpw --iscrypted --lock locked # why\n', 'rootpw --lock # why\n'],
    ['skipx # lint-ignore KSL_SECRET: a test\n', 'skipx\n'],
    ['\uFEFFlang C\n', 'lang C\n'],
    ['  %ksappend leaf.cfg # why\n', '  %include leaf.cfg # why\n'],
    ['%ksappend gone.ks\n', '%ksappend gone.ks\n'],
    ['%ksappend http://a/b.ks\n', '%ksappend http://a/b.ks\n'],
  ])('of %j', async (before, after) => {
    expect(await fixed(before)).toBe(after);
  });

  test('leaves nothing to fix', async () => {
    expect(await check(await fixed('rootpw --iscrypted --lock locked\n'))).toEqual([]);
  });
});
