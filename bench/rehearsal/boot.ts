/**
 * What the boot of a live ISO is spent on, under TCG and BIOS: `node bench/rehearsal/boot.ts ISO… [--runs 3] [--lines]`.
 *
 * Boots each ISO as the tester does, without the tester, in turns; prints for each milestone the seconds since power-on
 * and QEMU's own CPU seconds, which a busy machine changes least. With `--lines`, the console's lines between which most
 * CPU time went.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { basename } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { cpuTimeMs, editionArchitecture } from '@phyllome/host';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, lines: { type: 'boolean', default: false } },
});

/** The order in which they come; each is the first line that has the text. */
const milestones = [
  ['kernel', /Linux version/],
  ['initramfs', /Run \/init as init process|Running in initrd/],
  ['basic system of the initramfs', /Reached target.*(?:basic\.target|Basic System)/],
  ['medium mounted', /initrd-root-fs\.target|Reached target.*Initrd Root File System/],
  ['switch root', /Switching root|Switch Root/],
  ['multi-user', /Reached target.*(?:multi-user\.target|Multi-User System)/],
  ['login', /^\S+ login:/],
] as const;

/** The prompt: a line without an end, which may come in pieces, and have something of the kernel's behind it. */
const prompt = /^\S+ login:/u;

/** No boot takes as long; one that comes to no prompt is to end all the same. */
const patienceMs = 600_000;

const plain = (text: string): string => stripVTControlCharacters(text).trim();

interface Stamp {
  text: string;
  wallSeconds: number;
  cpuSeconds: number;
}

// Its last lines may be read after its end.
const cpuSecondsOf = (pid: number): number => (cpuTimeMs(pid) ?? Number.NaN) / 1000;

/**
 * Every line of the serial console until the login prompt.
 *
 * @throws {Error} with the last lines when there is no prompt.
 */
async function boot(iso: string): Promise<Stamp[]> {
  const argv =
    '-nodefaults -no-user-config -display none -nic none -smp 2 -m 2048 -machine q35,vmport=off ' +
    '-accel tcg,thread=multi -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt ' +
    '-device VGA -device virtio-rng-pci -device qemu-xhci -device virtio-serial-pci ' +
    '-device virtio-blk-pci,drive=medium,bootindex=0 -serial stdio';
  const medium = `if=none,id=medium,format=raw,readonly=on,file=${iso}`;
  const qemu = spawn(editionArchitecture.qemu, [...argv.split(' '), '-drive', medium], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { pid } = qemu;
  if (pid === undefined) throw new Error(`${editionArchitecture.qemu} does not start`);
  const start = performance.now();
  const stamps: Stamp[] = [];
  const stamp = (text: string): void => {
    stamps.push({ text, wallSeconds: (performance.now() - start) / 1000, cpuSeconds: cpuSecondsOf(pid) });
  };
  const timer = setTimeout(() => qemu.kill(), patienceMs);
  const ended = once(qemu, 'exit');
  let pending = '';
  try {
    for await (const data of qemu.stdout.setEncoding('utf8')) {
      pending += data;
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines.map(plain)) {
        if (line !== '') stamp(line);
        if (prompt.test(line)) return stamps;
      }
      if (!prompt.test(plain(pending))) continue;
      stamp(plain(pending));
      return stamps;
    }
    const last = stamps.slice(-10).map(({ text }) => text);
    throw new Error(`${iso} comes to no login prompt. The last lines:\n${[...last, pending].join('\n')}`);
  } finally {
    clearTimeout(timer);
    qemu.kill('SIGKILL');
    await ended;
  }
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const runs = new Map<string, Stamp[][]>(positionals.map((iso) => [iso, []]));
for (let run = 0; run < Number(values.runs); run++) for (const [iso, stamps] of runs) stamps.push(await boot(iso));

console.log(
  `${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}, medians of ${values.runs} boots: wall s / CPU s`,
);
console.log(`| milestone | ${positionals.map((iso) => basename(iso)).join(' | ')} |`);
console.log(`| --- |${' --- |'.repeat(positionals.length)}`);
for (const [name, pattern] of milestones) {
  const cells = [...runs.values()].map((all) => {
    const found = all.map((stamps) => stamps.find(({ text }) => pattern.test(text)));
    const of = (key: 'wallSeconds' | 'cpuSeconds'): string =>
      median(found.map((stamp) => stamp?.[key] ?? Number.NaN)).toFixed(1);
    return `${of('wallSeconds')} / ${of('cpuSeconds')}`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

if (values.lines) {
  for (const [iso, all] of runs) {
    const stamps = all.at(-1) ?? [];
    const gaps = stamps.map((stamp, index) => ({
      ...stamp,
      gap: stamp.cpuSeconds - (stamps[index - 1]?.cpuSeconds ?? 0),
    }));
    console.log(`\n${basename(iso)}: CPU seconds before each of the lines that took longest`);
    for (const { gap, cpuSeconds, text } of gaps.filter(({ gap: seconds }) => seconds >= 0.4))
      console.log(`${gap.toFixed(1).padStart(5)}  at ${cpuSeconds.toFixed(1).padStart(5)}  ${text.slice(0, 110)}`);
  }
}
