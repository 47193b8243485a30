import { describe, expect, test } from 'vitest';
import { installerArguments, kernelArguments } from './kernel-arguments.ts';
import { earlyCfg, grubCfg, installerGrubCfg } from './menu.ts';

const menu = grubCfg({
  project: "Phyllome's OS",
  releasever: '44',
  kernelArguments: kernelArguments('LABEL', 'iommu=pt', ''),
});

describe('grubCfg', () => {
  test('says in every title that this is a rehearsal', () => {
    expect(menu.match(/^menuentry .*$/gmu)).toEqual([
      "menuentry 'Start Phyllomes OS 44 (rehearsal: Debian packages)' --class gnu-linux --class os {",
      "menuentry 'Test this media & start Phyllomes OS 44 (rehearsal: Debian packages)' --class gnu-linux --class os {",
      "menuentry 'Start Phyllomes OS 44 in basic graphics mode (rehearsal: Debian packages)' --class gnu-linux --class os {",
    ]);
  });

  test('tests the medium only in the second entry', () => {
    const [start = '', medium = ''] = menu.match(/^ {2}linux .*$/gmu) ?? [];
    expect(medium).toBe(`${start} rd.live.check`);
    expect(menu).toContain('set default=0\n');
  });
});

describe('what GRUB would obey', () => {
  test.each([
    ['quiet;reboot', "'quiet;reboot'"],
    ['a=$root', "'a=$root'"],
    ['a="b"', `'a="b"'`],
    ["a='b'", String.raw`'a='\''b'\'''`],
    [String.raw`a=\b`, String.raw`'a=\b'`],
    ['}', "'}'"],
    ['a\nreboot', "'areboot'"],
    ['#', "'#'"],
    ['a=b:1,c@2/d', 'a=b:1,c@2/d'],
  ])('%j is one word of the kernel', (argument, written) => {
    const text = grubCfg({ project: 'P', releasever: '44', kernelArguments: [argument] });
    expect(text.match(/^ {2}linux .*$/mu)?.[0]).toBe(`  linux /images/pxeboot/vmlinuz ${written}`);
  });

  test('in a title is text', () => {
    const text = grubCfg({ project: "x' { halt }\nhalt", releasever: '$(a)', kernelArguments: [] });
    expect(text).toContain("menuentry 'Start x { halt } halt $(a) (rehearsal: Debian packages)' --class");
    expect(text).not.toMatch(/^halt/mu);
  });
});

describe('earlyCfg', () => {
  test('finds the medium by its volume id', () => {
    expect(earlyCfg('LABEL')).toContain('--label LABEL\n');
  });
});

describe('kernelArguments', () => {
  test('finds the medium, takes what the kickstart and the command line add, and speaks on both consoles', () => {
    expect(kernelArguments('LABEL', 'iommu=pt quiet', 'quiet debug')).toEqual([
      'root=live:CDLABEL=LABEL',
      'rd.live.image',
      'iommu=pt',
      'quiet',
      'debug',
      'console=tty0',
      'console=ttyS0,115200',
      'systemd.default_timeout_start_sec=360',
    ]);
  });

  test('leaves consoles alone where one is given', () => {
    expect(kernelArguments('L', '', 'console=ttyS1').filter((word) => word.startsWith('console='))).toEqual([
      'console=ttyS1',
    ]);
  });

  test('leaves the time that units get to a kickstart that says it', () => {
    const given = 'systemd.default_timeout_start_sec=30';
    expect(kernelArguments('L', given, '').filter((word) => word.startsWith('systemd.'))).toEqual([given]);
  });
});

describe('installerGrubCfg', () => {
  const installer = { project: 'Phyllome OS', releasever: '44', kernelArguments: installerArguments('VOLID', 'quiet') };

  test('waits for a person, unless it was made for machines without one', () => {
    expect(installerGrubCfg(installer, { unattended: false })).toMatch(/^set timeout=-1$/mu);
    expect(installerGrubCfg(installer, { unattended: true })).toMatch(/^set timeout=1$/mu);
  });

  test('says that its entries erase the disk', () => {
    const titles = installerGrubCfg(installer, { unattended: false }).match(/^menuentry .*$/gmu) ?? [];
    expect(titles).toHaveLength(2);
    expect(titles.filter((title) => !title.includes('erases the disk') || !title.includes('rehearsal'))).toEqual([]);
  });

  test('starts the kernel with the medium and its kickstart', () => {
    expect(installerGrubCfg(installer, { unattended: false })).toContain(
      'linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=VOLID inst.ks=hd:LABEL=VOLID:/ks.cfg quiet console=tty0',
    );
  });
});
