import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { type Gpt, readImplantedMd5, readPartitions, readVolume } from '@phyllome/medium';
import { VmTesterError } from '../errors.ts';
import { inspectBootCatalog } from './boot-images.ts';
import { menuLabels } from './boot-menu.ts';
import { inspectLiveRoot } from './live-root.ts';
import type { Report } from './report.ts';
import type { PreflightProblem } from './report.ts';

/** What an ISO shows of itself without being booted. */
export interface Preflight {
  sizeBytes: number;
  volumeId: string;
  /** Firmware the boot catalog has an image for: what boots from it as a CD. */
  boots: ('bios' | 'uefi')[];
  /** Firmware that finds something to boot when it is written to a stick or a disk. */
  bootsAsDisk: ('bios' | 'uefi')[];
  /** Each is a reason to reject it, for the firmware that it names or for all. */
  problems: PreflightProblem[];
  /** What is wrong with it and does no harm: firmware falls back on something else. */
  warnings: PreflightProblem[];
}

/**
 * Looks at an ISO without booting it: is it whole, does its boot catalog lead to something, does its boot menu name
 * this very volume, is its root a file system, do its bytes have the checksum it carries? What it finds are reasons to
 * reject the image; finding none does not accept it.
 * @throws {VmTesterError} IMAGE_UNREADABLE when the file cannot be read
 */
export async function preflightIso(path: string, signal?: AbortSignal): Promise<Preflight> {
  const unreadable = (cause?: unknown) =>
    new VmTesterError('IMAGE_UNREADABLE', `cannot read ${path}`, {
      hint: 'check the path; an ISO is made by: pnpm nx build iso-<edition>',
      cause,
    });
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(cause);
  });
  try {
    if ((await file.stat()).isDirectory()) throw unreadable();
    return await inspect(file, signal);
  } finally {
    await file.close();
  }
}

async function inspect(file: FileHandle, signal: AbortSignal | undefined): Promise<Preflight> {
  const { size: sizeBytes } = await file.stat();
  const result: Preflight = { sizeBytes, volumeId: '', boots: [], bootsAsDisk: [], problems: [], warnings: [] };
  const problem: Report = (check, message, firmware) =>
    void result.problems.push({ check, message, ...(firmware && { firmware }) });
  const warning: Report = (check, message, firmware) =>
    void result.warnings.push({ check, message, ...(firmware && { firmware }) });

  const volume = await readVolume(file);
  if (volume === undefined) {
    problem('iso9660', 'no ISO 9660 primary volume descriptor: this is not an ISO image');
    return result;
  }
  result.volumeId = volume.id;
  if (sizeBytes < volume.sizeBytes) {
    problem('truncated', `the file has ${sizeBytes} bytes, its volume ${volume.sizeBytes}: it is cut short`);
  }
  const partitions = await readPartitions(file, sizeBytes);
  result.bootsAsDisk = partitions.boots;
  if (partitions.gpt) inspectGpt(partitions.gpt, sizeBytes, { problem, warning });
  result.boots = await inspectBootCatalog(file, sizeBytes, { problem, warning });
  for (const { menu, label } of await menuLabels(file)) {
    if (label === result.volumeId) continue;
    problem('boot-menu', `${menu} looks for its root on a volume "${label}", but this one is "${result.volumeId}"`);
  }
  await inspectLiveRoot(file, sizeBytes, problem);
  if (result.problems.some(({ firmware }) => firmware === undefined)) return result; // the checksum of a broken file adds nothing
  const md5 = await readImplantedMd5(file, volume, signal);
  if (md5 && md5.implanted !== md5.computed) {
    const { implanted, computed } = md5;
    problem('implanted-md5', `it says its MD5 is ${implanted}, its bytes give ${computed}: a media check refuses it`);
  }
  return result;
}

/** Firmware ignores a damaged table and falls back on something else; one of a longer disk says that the file is cut. */
function inspectGpt(gpt: Gpt, sizeBytes: number, { problem, warning }: { problem: Report; warning: Report }): void {
  if (!gpt.headerIntact) warning('gpt', 'the checksum of the GPT header is wrong: firmware ignores it');
  if (gpt.copied === undefined)
    problem('truncated', `the file has ${sizeBytes} bytes, its partition table ${gpt.endBytes}`);
  else if (!gpt.copied) warning('gpt', 'the copy of the GPT at the end is missing');
  if (gpt.entriesIntact === false) warning('gpt', 'the checksum of the GPT entries is wrong');
}
