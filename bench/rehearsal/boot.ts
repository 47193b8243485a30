/**
 * What the boot of a live ISO is spent on, under TCG and BIOS: `node bench/rehearsal/boot.ts ISO… [--runs 3] [--lines]`.
 *
 * Boots each ISO as the tester does, without the tester, in turns; prints for each milestone the seconds since power-on
 * and QEMU's own CPU seconds, which a busy machine changes least. With `--lines`, the console's lines between which most
 * CPU time went.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, lines: { type: 'boolean', default: false } },
});

/** The order in which they come; each is the first line that has the text. */
const milestones = [
  ['kernel', /Linux version/],
  ['initramfs', /Run \/init as init process|Running in initrd/],
  ['medium mounted', /initrd-root-fs\.target|Reached target.*Initrd Root File System/],
  ['switch root', /Switching root|Switch Root/],
  ['basic system', /Reached target.*(?:basic\.target|Basic System)/],
  ['multi-user', /Reached target.*(?:multi-user\.target|Multi-User System)/],
  ['login', / login: ?$/],
] as const;

interface Stamp {
  text: string;
  wallSeconds: number;
  cpuSeconds: number;
}

const cpuSecondsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

/** Every line of the serial console until the login prompt. */
const boot = async (iso: string): Promise<Stamp[]> => {
  const argv =
    '-nodefaults -no-user-config -display none -nic none -smp 2 -m 2048 -machine q35,vmport=off ' +
    '-accel tcg,thread=multi -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt ' +
    '-device VGA -device virtio-rng-pci -device qemu-xhci -device virtio-serial-pci ' +
    '-device virtio-blk-pci,drive=medium,bootindex=0 -serial stdio';
  const medium = `if=none,id=medium,format=raw,readonly=on,file=${iso}`;
  const qemu = spawn('qemu-system-x86_64', [...argv.split(' '), '-drive', medium], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { pid } = qemu;
  if (pid === undefined) throw new Error('qemu-system-x86_64 does not start');
  const start = performance.now();
  const stamps: Stamp[] = [];
  const stamp = (text: string): void => {
    stamps.push({ text, wallSeconds: (performance.now() - start) / 1000, cpuSeconds: cpuSecondsOf(pid) });
  };
  try {
    // The prompt is a line without an end.
    qemu.stdout.on('data', (data: Buffer) => {
      if (!/ login: ?$/u.test(stripVTControlCharacters(data.toString()))) return;
      stamp('the prompt login: ');
      qemu.kill();
    });
    for await (const line of createInterface({ input: qemu.stdout })) {
      const text = stripVTControlCharacters(line).trim();
      if (text !== '' && qemu.exitCode === null && !qemu.killed) stamp(text);
    }
    return stamps;
  } finally {
    qemu.kill('SIGKILL');
  }
};

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
