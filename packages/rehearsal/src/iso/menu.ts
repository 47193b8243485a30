/** Where kernel and initramfs lie on the medium, as on one of lorax. */
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
  const entry = (title: string, more: readonly string[]): string =>
    [
      `menuentry ${quoted(title)} --class gnu-linux --class os {`,
      `  linux ${kernelPath} ${[...menu.kernelArguments, ...more].map(word).join(' ')}`,
      `  initrd ${initramfsPath}`,
      '}',
    ].join('\n');
  return `set default=0
set timeout=${timeoutSeconds}

if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi

${entry(start, [])}
${entry(test, ['rd.live.check'])}
submenu 'Troubleshooting -->' {
${entry(basic, ['nomodeset'])}
}
`;
}

/** Built into GRUB's images: finds the medium by its volume id, whatever it is attached as. */
export const earlyCfg = (volid: string): string => `search --no-floppy --set=root --label ${volid}
set prefix=($root)/boot/grub2
configfile ($root)/boot/grub2/grub.cfg
`;
