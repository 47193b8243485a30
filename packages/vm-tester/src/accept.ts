import { Artifacts } from './artifacts.ts';
import type { VmEvent } from './events.ts';
import type { Firmware } from './firmware.ts';
import { startMachine } from './machine.ts';
import type { MachineOptions } from './machine/options.ts';
import { preflightIso } from './preflight/preflight.ts';
import { writeReport } from './report/write.ts';
import type { Verdict } from './verdict.ts';

export type AcceptOptions = Omit<MachineOptions, 'image'>;

/**
 * Judges an ISO: looks at it, boots it, waits for this run's nonce from the guest, lets systemd start everything,
 * asks for failed units, and powers it off.
 * @throws {VmTesterError} for what is wrong around the image; a bad image is a verdict
 */
export async function acceptIso(iso: string, options: AcceptOptions = {}): Promise<Verdict> {
  const refused = await preflightVerdict(iso, options.firmware ?? 'bios', options);
  if (refused) return refused;
  await using machine = await startMachine({ ...options, image: { iso } });
  await machine.boot();
  return await machine.conclude();
}

/**
 * A rejection, with its artifacts, when the file itself shows that it cannot be right; undefined when a boot must tell.
 * @throws {VmTesterError} IMAGE_UNREADABLE
 */
export async function preflightVerdict(
  iso: string,
  firmware: Firmware,
  options: Pick<AcceptOptions, 'artifactsDir' | 'onEvent'> = {},
): Promise<Verdict | undefined> {
  const { problems, boots } = await preflightIso(iso);
  const lines = problems.map(({ check, message }) => ({ detector: check as string, line: message }));
  if (lines.length === 0 && !boots.includes(firmware === 'bios' ? 'bios' : 'uefi')) {
    lines.push({ detector: 'el-torito', line: `the boot catalog has no image for ${firmware.toUpperCase()}` });
  }
  if (lines.length === 0) return undefined;
  const evidence = lines.map((line) => ({ source: 'preflight' as const, atMs: 0, ...line }));
  const verdict: Verdict = { status: 'rejected', phase: 'preflight', cause: 'bad-media', evidence, milestones: {} };
  const event: VmEvent = { type: 'verdict', verdict, atMs: 0 };
  options.onEvent?.(event);
  if (options.artifactsDir !== undefined) {
    using artifacts = new Artifacts(options.artifactsDir);
    artifacts.append('events.jsonl', `${JSON.stringify(event)}\n`);
    artifacts.write('verdict.json', JSON.stringify({ ...verdict, image: iso, firmware, findings: [] }, undefined, 2));
    writeReport(options.artifactsDir);
  }
  return verdict;
}
