import { describe, expect, test } from 'vitest';
import { type BootMenu, menuReplacements, problemOfMenu } from './installer-menu.ts';

const stage2 = 'inst.stage2=hd:LABEL=Fedora-E-dvd-x86_64-44';

/** A menu in the form of lorax's (`config_files/x86/grub2-*.cfg`). */
const grub = (path: string, linux = 'linux', timeout = 60): BootMenu => ({
  path,
  text: `set default="1"
set timeout=${timeout}
search --no-floppy --set=root -l 'Fedora-E-dvd-x86_64-44'
menuentry 'Install Fedora 44' --class fedora --class os {
\t${linux} /images/pxeboot/vmlinuz ${stage2} quiet
\tinitrd /images/pxeboot/initrd.img
}
menuentry 'Test this media & install Fedora 44' --class fedora {
\t${linux} /images/pxeboot/vmlinuz ${stage2} rd.live.check quiet
}
submenu 'Troubleshooting -->' {
\tmenuentry 'Install Fedora 44 in basic graphics mode' {
\t\t${linux} /images/pxeboot/vmlinuz ${stage2} nomodeset quiet
\t}
\tmenuentry 'Rescue a Fedora system' {
\t\t${linux} /images/pxeboot/vmlinuz ${stage2} inst.rescue quiet
\t}
\tmenuentry 'Boot first drive' {
\t\tchainloader (hd0)+1
\t}
}
`,
});

const isolinux: BootMenu = {
  path: 'isolinux/isolinux.cfg',
  text: `default vesamenu.c32
timeout 600
menu title AlmaLinux 9.6
label linux
  menu label ^Install AlmaLinux 9.6
  kernel vmlinuz
  append initrd=initrd.img ${stage2} quiet
label check
  menu label Test this ^media & install AlmaLinux 9.6
  menu default
  append initrd=initrd.img ${stage2} rd.live.check quiet
label rescue
  menu label ^Rescue an AlmaLinux system
  append initrd=initrd.img ${stage2} inst.rescue quiet
label local
  localboot 0xffff
`,
};

const what = 'Phyllome OS dhi';
const ks = 'inst.ks=hd:LABEL=phyllome:/flat.cfg';

/** As mkksiso does it: in each line, in order; then the argument in every line that starts a kernel. */
const edited = ({ path, text }: BootMenu, unattended: boolean, all: readonly BootMenu[]): BootMenu => ({
  path,
  text: text
    .split('\n')
    .map((line) =>
      menuReplacements(all, { what, unattended }).reduce((one, { from, to }) => one.replaceAll(from, to), line),
    )
    .map((line) => (/^\s*(?:linux|linuxefi|append) /u.test(line) ? `${line} ${ks}` : line))
    .join('\n'),
});

const menus = [grub('boot/grub2/grub.cfg'), grub('EFI/BOOT/grub.cfg', 'linuxefi'), isolinux];

describe.each([false, true])('unattended: %s', (unattended) => {
  test.each(menus)('$path says what it erases, and starts what it should', (menu) => {
    const { text } = edited(menu, unattended, menus);
    expect(problemOfMenu({ path: menu.path, text }, { kickstart: ks, unattended })).toBeUndefined();
    expect(text).toContain('Install Phyllome OS dhi: erases the disk');
    expect(text).toContain('Test this media & install Phyllome OS dhi: erases the disk');
    expect(text).not.toMatch(/install (?:Fedora|AlmaLinux)/iu);
    // What erases nothing is as it was.
    expect(text).toMatch(/Rescue an? (?:Fedora|AlmaLinux) system/u);
  });

  test.each(menus)('$path that was left as it is, is found', (menu) => {
    expect(problemOfMenu(menu, { kickstart: ks, unattended })).toMatch(/does not say that it erases the disk/u);
    expect(problemOfMenu(edited(menu, !unattended, menus), { kickstart: ks, unattended })).toMatch(
      unattended ? /start by itself/u : /wait for a person/u,
    );
    expect(problemOfMenu(edited(menu, unattended, menus), { kickstart: `${ks}2`, unattended })).toMatch(/without/u);
  });
});

test('of two numbers of which one begins like the other, none is made of both', () => {
  const both = [grub('boot/grub2/grub.cfg', 'linux', 6), grub('EFI/BOOT/grub.cfg', 'linuxefi', 60)];
  for (const menu of both)
    expect(problemOfMenu(edited(menu, false, both), { kickstart: ks, unattended: false })).toBeUndefined();
});

test('a menu that installs nothing is one that does nothing', () => {
  const menu = { path: 'boot/grub/grub.cfg', text: "menuentry 'Try Debian' {\n linux /live/vmlinuz boot=live\n}\n" };
  expect(menuReplacements([menu], { what, unattended: false })).toEqual([]);
  expect(problemOfMenu(menu, { kickstart: ks, unattended: false })).toBe('has no entry that installs');
});
