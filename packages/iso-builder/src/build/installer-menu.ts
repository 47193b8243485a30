/** A boot menu on a medium: GRUB's script or ISOLINUX' configuration. */
export interface BootMenu {
  /** On the medium. */
  path: string;
  text: string;
}

/** Every occurrence of a text in every line of every menu becomes another (`mkksiso --replace`). */
export interface Replacement {
  from: string;
  to: string;
}

/** Where installers have their menus: the ones that mkksiso edits. */
export const menuPaths = [
  'boot/grub2/grub.cfg',
  'boot/grub/grub.cfg',
  'EFI/BOOT/grub.cfg',
  'EFI/BOOT/BOOT.conf',
  'isolinux/isolinux.cfg',
] as const;

/**
 * How long a menu waits before it starts its default entry: for a person to choose it, since that erases disks; or, on an
 * unattended medium, so that a person who is there by chance can still pull it out.
 */
const waits = {
  grub: { forEver: '-1', unattended: '5' },
  // Tenths of a second; 0 means without limit (SYSLINUX, `TIMEOUT`).
  isolinux: { forEver: '0', unattended: '50' },
} as const;

/** What every title of an entry that installs ends with. */
export const erasesTheDisk = ': erases the disk';

/** An entry of a menu that starts the installer. */
interface Entry {
  /** The text that holds its title, and what would come before and after another one. */
  line: string;
  before: string;
  after: string;
  check: boolean;
  basicGraphics: boolean;
}

/**
 * What of an installer's menus has to be replaced for its medium to say what it does: every entry that installs says what,
 * and that it erases the disk; and nothing starts by itself, unless the medium is to be `unattended`. Pure.
 *
 * @param what is installed, as `Phyllome OS dhi 44`
 */
export function menuReplacements(
  menus: readonly BootMenu[],
  { what, unattended }: { what: string; unattended: boolean },
): Replacement[] {
  const found = menus.flatMap((menu) => [
    ...entriesOf(menu).map((entry) => ({
      from: entry.before + entry.line + entry.after,
      to: entry.before + titleOf(entry, what) + entry.after,
    })),
    ...timeoutsOf(menu).map(({ before, value }) => ({
      from: before + value,
      to: before + waitOf(menu, unattended),
    })),
  ]);
  // Of two of which one begins like the other, the longer first: they are replaced in this order.
  return found
    .filter(({ from }, at) => found.findIndex((other) => other.from === from) === at)
    .toSorted((a, b) => b.from.length - a.from.length);
}

/** What is wrong with the menu of an installer medium; undefined: nothing. Pure. */
export function problemOfMenu(
  menu: BootMenu,
  { kickstart, unattended }: { kickstart: string; unattended: boolean },
): string | undefined {
  const entries = entriesOf(menu);
  if (entries.length === 0) return 'has no entry that installs';
  const silent = entries.find(({ line }) => !line.endsWith(erasesTheDisk));
  if (silent !== undefined) return `has an entry that does not say that it erases the disk: ${silent.line}`;
  const starts = installing(menu).find(({ command }) => !command.split(/\s+/u).includes(kickstart));
  if (starts !== undefined) return `has an entry without ${kickstart}`;
  const timeouts = timeoutsOf(menu);
  const wait = waitOf(menu, unattended);
  // Without one GRUB waits, and so does ISOLINUX.
  if (timeouts.some(({ value }) => value !== wait) || (unattended && timeouts.length === 0))
    return `does not ${unattended ? 'start by itself' : 'wait for a person'}`;
  return undefined;
}

const isIsolinux = ({ path }: BootMenu): boolean => path.startsWith('isolinux/');

const waitOf = (menu: BootMenu, unattended: boolean): string =>
  waits[isIsolinux(menu) ? 'isolinux' : 'grub'][unattended ? 'unattended' : 'forEver'];

function titleOf({ check, basicGraphics }: Entry, what: string): string {
  const install = check ? 'Test this media & install' : 'Install';
  return `${install} ${what}${basicGraphics ? ' in basic graphics mode' : ''}${erasesTheDisk}`;
}

function timeoutsOf(menu: BootMenu): { before: string; value: string }[] {
  const line = isIsolinux(menu)
    ? /^(?<before>timeout )(?<value>\d+)\s*$/gimu
    : /^\s*(?<before>set timeout=)(?<value>-?\d+)\s*$/gmu;
  return [...menu.text.matchAll(line)].map(({ groups }) => ({
    before: groups?.['before'] ?? '',
    value: groups?.['value'] ?? '',
  }));
}

const entriesOf = (menu: BootMenu): Entry[] =>
  installing(menu).flatMap(({ title, command }) =>
    title === undefined
      ? []
      : [
          {
            ...title,
            check: /(?:^|\s)rd\.live\.check(?:\s|$)/u.test(command),
            basicGraphics: /(?:^|\s)(?:nomodeset|inst\.text|xdriver=vesa)(?:\s|$)/u.test(command),
          },
        ],
  );

interface Start {
  title: Pick<Entry, 'line' | 'before' | 'after'> | undefined;
  /** The line that has the kernel's arguments. */
  command: string;
}

/** Entries that start the installer's kernel, but for those that only rescue. */
function installing(menu: BootMenu): Start[] {
  const [titled, command] = isIsolinux(menu)
    ? [/^\s*(?<before>menu label )(?<line>.*?)(?<after>)\s*$/iu, /^\s*append\s.*$/iu]
    : [/^\s*(?<before>menuentry (?<quote>['"]))(?<line>.*?)(?<after>\k<quote>)/u, /^\s*linux(?:efi)?\s.*$/u];
  const starts: Start[] = [];
  let title: Start['title'];
  for (const line of menu.text.split('\n')) {
    const { groups } = titled.exec(line) ?? {};
    if (groups !== undefined)
      title = { line: groups['line'] ?? '', before: groups['before'] ?? '', after: groups['after'] ?? '' };
    if (!command.test(line) || !/(?:^|\s)inst\.stage2=/u.test(line) || /(?:^|\s)inst\.rescue(?:\s|$)/u.test(line))
      continue;
    starts.push({ title, command: line });
    title = undefined;
  }
  return starts;
}
