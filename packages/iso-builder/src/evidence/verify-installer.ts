import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '@phyllome/host';
import { SECTOR_BYTES, readBootCatalog, readIsoFile } from '@phyllome/medium';
import { type BootMenu, menuPaths, problemOfMenu } from '../build/installer-menu.ts';
import { IsoBuildError } from '../errors.ts';

/** Of an EFI partition, what is looked through: those of installers have some MiB. */
const efiBytes = 64 * 2 ** 20;
const windowBytes = 1 << 20;

/**
 * The boot menus of an installer's ISO.
 *
 * @throws {IsoBuildError} ISO_UNREADABLE
 */
export async function readMenus(iso: string): Promise<BootMenu[]> {
  await using file = await open(iso, 'r').catch((cause: unknown) => {
    throw new IsoBuildError('ISO_UNREADABLE', `${iso} cannot be read: ${messageOf(cause)}`, {
      hint: 'see whether it is there, and whose it is',
      cause,
    });
  });
  return await menusOf(file);
}

/**
 * Checks an installer medium that mkksiso made: it has this kickstart and no other, every menu of it starts that and says
 * that it erases the disk, and none starts by itself unless that was asked for. UEFI reads its menu from a partition of
 * its own, in which the same has to be found.
 *
 * @throws {IsoBuildError} INSTALLER_MENU_WRONG
 */
export async function verifyInstaller(
  iso: string,
  expected: { volid: string; kickstart: string; kickstartName: string; unattended: boolean },
): Promise<void> {
  const { volid, kickstart, kickstartName, unattended } = expected;
  await using file = await open(iso, 'r');
  const argument = `inst.ks=hd:LABEL=${volid}:/${kickstartName}`;
  const carried = await readIsoFile(file, kickstartName);
  if (carried?.toString() !== kickstart) throw wrong(iso, `does not carry the kickstart as ${kickstartName}`);
  const menus = await menusOf(file);
  if (menus.length === 0) throw wrong(iso, 'has no boot menu');
  for (const menu of menus) {
    const problem = problemOfMenu(menu, { kickstart: argument, unattended });
    if (problem !== undefined) throw wrong(iso, `${menu.path} ${problem}`);
  }
  const uefi = (await readBootCatalog(file))?.entries.find(({ firmware }) => firmware === 'uefi');
  if (uefi !== undefined && !(await holds(file, uefi.sector * SECTOR_BYTES, argument)))
    throw wrong(iso, 'has a menu for UEFI that does not start the kickstart');
}

async function menusOf(file: FileHandle): Promise<BootMenu[]> {
  const menus = await Promise.all(
    menuPaths.map(async (path) => {
      const bytes = await readIsoFile(file, path);
      return bytes === undefined ? [] : [{ path, text: bytes.toString() }];
    }),
  );
  return menus.flat();
}

/** Whether a text is in the partition that begins there. */
async function holds(file: FileHandle, start: number, text: string): Promise<boolean> {
  const buffer = Buffer.alloc(windowBytes + text.length);
  for (let at = start; at < start + efiBytes; at += windowBytes) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (buffer.subarray(0, bytesRead).includes(text)) return true;
    if (bytesRead < buffer.length) return false;
  }
  return false;
}

const wrong = (iso: string, what: string): IsoBuildError =>
  new IsoBuildError('INSTALLER_MENU_WRONG', `${iso}: ${what}`, {
    hint: "this installer's menu is not as lorax makes them: use the distribution's netinst or DVD ISO",
  });
