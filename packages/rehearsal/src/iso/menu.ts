/** Where kernel and initramfs are on the medium, as on one of lorax. */
const kernelPath = '/images/pxeboot/vmlinuz';
const initramfsPath = '/images/pxeboot/initrd.img';

/** Lorax waits 60 s and then tests the medium; a rehearsal is booted over and over by machines, and starts. */
const timeoutSeconds = 1;

const quoted = (text: string): string => `'${text.replaceAll("'", '').replaceAll(/\p{Cc}/gu, ' ')}'`;

/**
 * An argument as GRUB's script has to have it (GRUB, `grub-core/script/yylex.l`): in single quotes nothing but these means
 * anything. What a kickstart may give is refused before where GRUB would obey it; this is the last place that could be
 * wrong about it.
 */
const word = (text: string): string =>
  /^[\w.,:=/+@%~^-]+$/u.test(text) ? text : `'${text.replaceAll(/\p{Cc}/gu, '').replaceAll("'", String.raw`'\''`)}'`;

export interface Menu {
  project: string;
  releasever: string;
  kernelArguments: readonly string[];
}

/** Every title says what it starts. */
const menuTitles = ({ project, releasever }: Pick<Menu, 'project' | 'releasever'>): string[] => [
  `Start ${project} ${releasever} (rehearsal: Debian packages)`,
  `Test this media & start ${project} ${releasever} (rehearsal: Debian packages)`,
  `Start ${project} ${releasever} in basic graphics mode (rehearsal: Debian packages)`,
];

/**
 * GRUB's configuration on the medium: lorax's entries (share/templates.d/99-generic/config_files/x86/grub2.cfg).
 * The menu also appears on the first serial port, if there is one.
 */
export function grubCfg(menu: Menu): string {
  const [start = '', test = '', basic = ''] = menuTitles(menu);
  return `${heading(timeoutSeconds)}
${entry(menu, start, [])}
${entry(menu, test, ['rd.live.check'])}
submenu 'Troubleshooting -->' {
${entry(menu, basic, ['nomodeset'])}
}
`;
}

/** Waits for somebody: GRUB counts to no end below zero. */
const forEver = -1;

/**
 * GRUB's configuration on an installer medium. Its first entry erases disks: it waits for a person, unless the medium was
 * made for machines that have none.
 */
export function installerGrubCfg(menu: Menu, { unattended }: { unattended: boolean }): string {
  const what = `${menu.project} ${menu.releasever} (rehearsal: Debian packages)`;
  return `${heading(unattended ? timeoutSeconds : forEver)}
${entry(menu, `Install ${what}: erases the disk`, [])}
${entry(menu, `Test this media & install ${what}: erases the disk`, ['rd.live.check'])}
`;
}

const heading = (timeout: number): string => `set default=0
set timeout=${timeout}

if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi
`;

function entry(menu: Pick<Menu, 'kernelArguments'>, title: string, more: readonly string[]): string {
  return [
    `menuentry ${quoted(title)} --class gnu-linux --class os {`,
    `  linux ${kernelPath} ${[...menu.kernelArguments, ...more].map(word).join(' ')}`,
    `  initrd ${initramfsPath}`,
    '}',
  ].join('\n');
}

/** Built into GRUB's images: finds the medium by its volume id, whatever it is attached as. */
export const earlyCfg = (volid: string): string => `search --no-floppy --set=root --label ${volid}
set prefix=($root)/boot/grub2
configfile ($root)/boot/grub2/grub.cfg
`;
