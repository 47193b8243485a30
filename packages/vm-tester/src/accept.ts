import { Artifacts } from './report/artifacts.ts';
import { replaceVerdict, withSecondAttempt } from './verdict/attempts.ts';
import type { VmEvent } from './machine/events.ts';
import type { Firmware } from './qemu/firmware.ts';
import { probeHost } from './host/probe.ts';
import { startMachine } from './machine/machine.ts';
import { hardwareOf, machineFor } from './machine/hardware.ts';
import type { MachineOptions } from './machine/options.ts';
import { knownTool } from './media/ready-when.ts';
import type { KnownTool } from './media/ready-when.ts';
import { preflightIso } from './preflight/preflight.ts';
import type { Preflight } from './preflight/preflight.ts';
import type { PreflightProblem } from './preflight/report.ts';
import { imagePath } from './qemu/media.ts';
import type { Image, IsoImage } from './qemu/media.ts';
import { writeReport } from './report/write.ts';
import { bootUninstrumented, summarize, withUninstrumented } from './verdict/uninstrumented.ts';
import type { Evidence, Verdict } from './verdict/verdict.ts';

/** How a whole image is judged: the machine that boots it, and what is done before and after. */
export interface AcceptOptions extends Omit<MachineOptions, 'image'> {
  /** How it is put into the machine. Default: as a disk if its firmware can boot it as one, else as a CD. */
  as?: Medium;
  /** false: boot it without looking at the file first, as to see what it does. */
  preflight?: false;
  /** When it is accepted: boot it once more with nothing of ours in it. Default false. */
  uninstrumented?: boolean;
}

type Medium = NonNullable<IsoImage['as']>;

/**
 * Judges an ISO: looks at it, boots it, waits for this run's nonce from the guest, lets systemd start everything,
 * asks for failed units, and powers it off. It is booted a second time only when the first says nothing about the
 * image, or may not (attempts.ts); both are reported, and both leave their artifacts.
 * @throws {VmTesterError} for what is wrong around the image; a bad image is a verdict
 */
export async function acceptIso(iso: string, asked: AcceptOptions = {}): Promise<Verdict> {
  const options = { ...asked, machine: await machineFor({ ...asked, image: { iso } }) };
  const { signal } = options;
  const { firmware } = hardwareOf(options);
  const seen = options.preflight === false ? undefined : await preflightIso(iso, signal);
  const refused = seen && refusal(seen, firmware);
  if (refused) return concludeUnbooted(iso, firmware, refused, options);

  const asDisk = seen?.bootsAsDisk.includes(firmware === 'bios' ? 'bios' : 'uefi') ?? true;
  const image = { iso, as: options.as ?? (asDisk ? 'disk' : 'cdrom') } as const;
  // What is wrong for the other firmware rejects nothing here, and is worth knowing.
  const notes = [...(seen?.warnings ?? []), ...(seen?.problems ?? [])];
  return await acceptBooted(image, notes, options);
}

/**
 * Judges any image as {@link acceptIso} does an ISO. A disk or a kernel is not looked at before it boots: what can be
 * wrong with it shows then.
 * @throws {VmTesterError} for what is wrong around the image; a bad image is a verdict
 */
export async function acceptImage(image: Image, options: AcceptOptions = {}): Promise<Verdict> {
  if ('iso' in image) return await acceptIso(image.iso, { ...options, ...(image.as && { as: image.as }) });
  return await acceptBooted(image, [], { ...options, machine: await machineFor({ ...options, image }) });
}

async function acceptBooted(image: Image, notes: readonly PreflightProblem[], asked: AcceptOptions): Promise<Verdict> {
  const tool = await toolOf(image, asked);
  const options = {
    bootMenu: 'enter' as const,
    ...asked,
    ...(tool && { readyWhen: tool.readyWhen, instrument: 'screen' as const }),
  };
  const { artifactsDir, signal } = options;
  const { cpus } = hardwareOf(options).hardware;
  const host = options.host ?? (await probeHost(signal ? { signal } : {}));
  // Several attempts have one verdict: it is reported below.
  const onEvent = (event: VmEvent) => void (event.type === 'verdict' || options.onEvent?.(event));
  const start = performance.now();
  const elapsedMs = () => Math.round(performance.now() - start);
  let verdict = await withSecondAttempt(
    async (processors) => {
      await using machine = await startMachine({ queue: true, ...options, ...processors, host, image, onEvent });
      for (const { check, message } of notes) machine.note(check, message);
      if (tool) machine.note('no-system', withoutSystem(tool));
      await machine.boot();
      return await machine.conclude();
    },
    {
      accelerator: host.accelerator,
      cpus,
      artifactsDir,
      onRetry: ({ reason }, first) => options.onEvent?.({ type: 'again', reason, verdict: first, atMs: elapsedMs() }),
    },
  );
  // A machine that was only looked at had no instruments.
  if (verdict.status === 'accepted' && options.uninstrumented && options.instrument !== 'screen') {
    const after = await bootUninstrumented({ ...options, cpus, host, image, onEvent });
    const summary = summarize(after);
    options.onEvent?.({ type: 'uninstrumented', ...summary, atMs: elapsedMs() });
    verdict = withUninstrumented(verdict, after);
    if (artifactsDir !== undefined) replaceVerdict(artifactsDir, verdict, { uninstrumented: summary });
  }
  options.onEvent?.({ type: 'verdict', verdict, atMs: elapsedMs() });
  return verdict;
}

/** A tool that no agent of ours can be in; undefined where the user says how the image is reached or seen to be up. */
async function toolOf(
  image: Image,
  { instrument = 'auto', readyWhen, login }: AcceptOptions,
): Promise<KnownTool | undefined> {
  if (instrument !== 'auto' || readyWhen !== undefined || login !== undefined) return undefined;
  if ('netboot' in image) return undefined; // what it starts is the script's to say
  if ('disk' in image && image.format === 'qcow2') return undefined; // its bytes are QEMU's to read
  return await knownTool(imagePath(image));
}

function withoutSystem({ name, readyWhen }: KnownTool): string {
  return `it is ${name} and has no operating system: it is up when its screen shows ${readyWhen.text}, and what it does then is not looked at`;
}

/**
 * A rejection, with its artifacts, when the file itself shows that it cannot be right; undefined when only a boot can show it.
 * @throws {VmTesterError} IMAGE_UNREADABLE
 */
export async function preflightVerdict(
  iso: string,
  firmware: Firmware,
  options: Pick<AcceptOptions, 'artifactsDir' | 'onEvent' | 'signal'> = {},
): Promise<Verdict | undefined> {
  const refused = refusal(await preflightIso(iso, options.signal), firmware);
  return refused && concludeUnbooted(iso, firmware, refused, options);
}

/** What the file shows against itself, for that firmware; undefined when nothing does. */
function refusal({ problems, boots }: Preflight, firmware: Firmware): Evidence[] | undefined {
  const asked = firmware === 'bios' ? 'bios' : 'uefi';
  const lines = problems
    .filter((problem) => problem.firmware === undefined || problem.firmware === asked)
    .map(({ check, message }) => ({ detector: check as string, line: message }));
  if (lines.length === 0 && !boots.includes(asked)) {
    lines.push({ detector: 'el-torito', line: `the boot catalog has no image for ${firmware.toUpperCase()}` });
  }
  if (lines.length === 0) return undefined;
  return lines.map((line) => ({ source: 'preflight', atMs: 0, ...line }));
}

function concludeUnbooted(
  iso: string,
  firmware: Firmware,
  evidence: Evidence[],
  options: Pick<AcceptOptions, 'artifactsDir' | 'onEvent'>,
): Verdict {
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
