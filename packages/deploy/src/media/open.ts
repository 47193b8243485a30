import { lstat, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { editionArchitecture } from '@phyllome/host';
import { readPlainFile } from '@phyllome/host/plain-file';
import { execa } from 'execa';
import { DeployError } from '../errors.ts';
import { requireProgram } from '../programs.ts';
import { checkFile, download, fetchText, isFile } from './download.ts';
import { knownIso } from './keep-iso.ts';
import type { InstallSource } from './source.ts';
import { type Treeinfo, USUAL, parseTreeinfo } from './treeinfo.ts';

/** An installer, ready to be booted: files on this machine. */
export interface Installer {
  /** As `Fedora 44`, or where it comes from. */
  name: string;
  kernel: string;
  initrd: string;
  /** What the machine finds in its CD-ROM drive, if anything. */
  cdrom: string | undefined;
  /** Kernel argument that says where the installer's own system is (anaconda, `inst.stage2`). */
  stage2: string;
}

export interface OpenOptions {
  /** A folder of its own for what is extracted; the caller removes it. */
  workDir: string;
  /** Where ISOs that were downloaded stay, by their sum. */
  cacheDir: string;
  signal?: AbortSignal | undefined;
  onDownload?: (file: string, done: number, total: number | undefined) => void;
}

type Work = Pick<OpenOptions, 'workDir' | 'signal'>;

/** The label of a CD-ROM that is made of a folder's installer. */
const MADE_LABEL = 'PHYLLOME-STAGE2';

/**
 * Finds kernel, initramfs and the installer's own system in a source, and checks whatever has a checksum.
 *
 * @throws {DeployError} SOURCE_INVALID, CHECKSUM_WRONG, DOWNLOAD_FAILED, PROGRAM_MISSING
 */
export async function openInstaller(source: InstallSource, options: OpenOptions): Promise<Installer> {
  const { workDir, cacheDir, signal, onDownload } = options;
  if (source.kind === 'tree') return await fromTree(source, options);
  if (source.kind === 'directory') return await fromDirectory(source.path, options);
  if (source.kind === 'iso') {
    await checkFile(source.path, source.sha256, signal);
    return await fromIso(source.path, source.path, { workDir, signal });
  }
  const kept = await knownIso(
    { name: basename(source.url), ...source },
    { cacheDir, signal, onDownload: (done, total) => onDownload?.('ISO', done, total) },
  );
  return await fromIso(kept, source.url, { workDir, signal });
}

async function fromTree({ url, sha256 }: InstallSource & { kind: 'tree' }, options: OpenOptions): Promise<Installer> {
  const { workDir, signal } = options;
  const info = parseTreeinfo(await fetchText(new URL('.treeinfo', url).href, { sha256, signal }));
  if (!info) throw invalid(url, 'has a .treeinfo that names no kernel');
  checkArchitecture(url, info);
  const [kernel, initrd] = [join(workDir, 'vmlinuz'), join(workDir, 'initrd.img')];
  for (const [file, path] of [
    [info.kernel, kernel],
    [info.initrd, initrd],
  ] as const) {
    const sum = info.sha256[file];
    if (sum === undefined) throw invalid(url, `has no sha256 of ${file} in its .treeinfo`);
    const onProgress = (done: number, total: number | undefined) => options.onDownload?.(file, done, total);
    await download(new URL(file, url).href, path, { sha256: sum, signal, onProgress });
  }
  return { name: info.name ?? url, kernel, initrd, cdrom: undefined, stage2: `inst.stage2=${url}` };
}

/** Bytes of a `.treeinfo` at most: it has some kilobytes. */
const treeinfoLimit = 2 ** 20;

/** A machine cannot see a folder: its installer is put on a CD-ROM for it. */
async function fromDirectory(path: string, { workDir, signal }: Work): Promise<Installer> {
  const text = await readPlainFile(join(path, '.treeinfo'), treeinfoLimit).then(String, () => undefined);
  const info = text === undefined ? USUAL : (parseTreeinfo(text) ?? USUAL);
  checkArchitecture(path, info);
  for (const file of [info.kernel, info.initrd, info.stage2]) {
    if (!(await isFile(join(path, file)))) throw invalid(path, `has no ${file}`);
    await checkFile(join(path, file), info.sha256[file], signal);
  }
  const xorriso = await requireProgram('xorriso');
  const cdrom = join(workDir, 'stage2.iso');
  const grafts = [...new Set([info.stage2, ...(text === undefined ? [] : ['.treeinfo'])])];
  await execa(
    xorriso,
    [
      '-as',
      'mkisofs',
      '-quiet',
      '-R',
      '-V',
      MADE_LABEL,
      '-o',
      cdrom,
      '-graft-points',
      ...grafts.map((file) => `/${file}=${join(path, file)}`),
    ],
    { stdin: 'ignore', ...(signal && { cancelSignal: signal }) },
  ).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw cause;
  });
  return {
    name: info.name ?? path,
    kernel: join(path, info.kernel),
    initrd: join(path, info.initrd),
    cdrom,
    stage2: `inst.stage2=hd:LABEL=${MADE_LABEL}`,
  };
}

async function fromIso(iso: string, what: string, { workDir, signal }: Work): Promise<Installer> {
  const xorriso = await requireProgram('xorriso');
  const run = async (args: readonly string[]) => {
    const result = await execa(xorriso, ['-osirrox', 'on', '-indev', `stdio:${iso}`, ...args], {
      reject: false,
      stdin: 'ignore',
      ...(signal && { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    return result;
  };
  const volume = await run(['-pvd_info']);
  const label = /^Volume Id +: (?<label>.+)$/mu.exec(volume.stdout)?.groups?.['label']?.trim();
  if (volume.exitCode !== 0 || label === undefined) throw invalid(what, 'is not an ISO 9660 image');

  const extract = async (file: string): Promise<string | undefined> => {
    const path = join(workDir, 'iso', file);
    await mkdir(join(path, '..'), { recursive: true });
    const { exitCode } = await run(['-extract', `/${file}`, path]);
    // A link would lead to a file of this machine.
    const found = exitCode === 0 ? await lstat(path).catch(() => undefined) : undefined;
    return found?.isFile() ? path : undefined;
  };
  const treeinfo = await extract('.treeinfo');
  const info =
    (treeinfo === undefined ? undefined : parseTreeinfo(String(await readPlainFile(treeinfo, treeinfoLimit)))) ?? USUAL;
  checkArchitecture(what, info);
  const [kernel, initrd] = [await extract(info.kernel), await extract(info.initrd)];
  if (kernel === undefined || initrd === undefined) {
    throw invalid(what, `has no ${kernel === undefined ? info.kernel : info.initrd}`);
  }
  await Promise.all([
    checkFile(kernel, info.sha256[info.kernel], signal),
    checkFile(initrd, info.sha256[info.initrd], signal),
  ]);
  const listed = await run(['-lsl', `/${info.stage2}`]);
  if (!listed.stdout.includes(info.stage2.split('/').at(-1) ?? info.stage2)) {
    throw invalid(what, `has no installer in it (${info.stage2})`);
  }
  return { name: info.name ?? label, kernel, initrd, cdrom: iso, stage2: `inst.stage2=hd:LABEL=${udevEscape(label)}` };
}

/** A label as udev writes it into /dev/disk/by-label, and as the kernel's command line can hold it. */
export const udevEscape = (label: string): string =>
  label.replaceAll(/[^\w#+.:=@-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => String.raw`\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );

function checkArchitecture(what: string, { arch }: Treeinfo): void {
  if (arch !== undefined && arch !== editionArchitecture.name)
    throw invalid(what, `is for ${arch}, and editions are for ${editionArchitecture.name}`);
}

const invalid = (what: string, why: string): DeployError =>
  new DeployError('SOURCE_INVALID', `${what} ${why}`, {
    hint: "use a Fedora install tree or an installer's ISO (netinst, Server, Everything); a live ISO cannot be used",
  });
