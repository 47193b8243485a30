/**
 * What the detectors make of recorded inputs: `pnpm tester:table [DIRECTORY]`.
 *
 * Prints each excerpt of a console and each case of a journal with the verdict it must get and the one it got; then how
 * many lines of the kernel's reject a machine when the kernel says them, and when ordinary speakers do; and how many known
 * messages of kernels, initramfs, boot loaders, firmware and systemd get their cause. DIRECTORY holds
 * other inputs of the same kinds: `console/ok-*` must reject nothing, `console/*` must, and
 * `journal-and-console-cases.json` has its own verdicts. Exits with 1 when one is wrong. It boots nothing.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkConsole } from '@phyllome/vm-tester';
import { FAILURES, HARMLESS } from '../../packages/vm-tester/test/known-messages.ts';
import {
  CONSOLES,
  causeOf,
  KERNEL,
  KERNEL_LINES,
  OTHERS,
  judged,
  readCases,
  settled,
  type Saying,
} from '../../packages/vm-tester/test/recorded-inputs.ts';

const recorded = resolve(import.meta.dirname, '../../packages/vm-tester/test/recorded');
const directory = process.argv[2] === undefined ? recorded : resolve(process.argv[2]);
const cases = join(directory, 'journal-and-console-cases.json');
let wrong = 0;

console.log('| input | must be | is | |');
console.log('| --- | --- | --- | --- |');
for (const name of readdirSync(join(directory, 'console')).toSorted()) {
  const { rejection } = checkConsole(readFileSync(join(directory, 'console', name)));
  print(`console/${name}`, expectedOf(name), rejection === undefined ? 'not rejected' : `rejected: ${rejection.cause}`);
}
for (const one of existsSync(cases) ? readCases(cases) : []) print(one.case, one.verdict, judged(one));
for (const one of KERNEL) print(`by ${one.by}`, rejections(KERNEL_LINES.length), rejectedOf(one));
for (const one of OTHERS) print(`by ${one.by}`, rejections(0), rejectedOf(one));
for (const [cause, consoles = []] of Object.entries(FAILURES)) {
  const got = consoles.filter((one) => causeOf(one) === cause).length;
  print(`known messages: ${cause}`, `${consoles.length} rejections`, `${got} rejections`);
}
const harmless = HARMLESS.filter((one) => causeOf(one) === undefined).length;
print('known messages: harmless', `${HARMLESS.length} not rejected`, `${harmless} not rejected`);
console.log(`\n${wrong === 0 ? 'All are right' : `${wrong} are wrong`}.`);
process.exitCode = wrong > 0 ? 1 : 0;

function print(input: string, expected: string, got: string): void {
  const fine = got === expected || got.startsWith(`${expected}: `);
  if (!fine) wrong++;
  console.log(`| ${input.replaceAll('|', '\\|')} | ${expected} | ${got} | ${fine ? 'ok' : 'WRONG'} |`);
}

function expectedOf(name: string): string {
  if (name.startsWith('ok-')) return 'not rejected';
  const cause = directory === recorded ? CONSOLES[name] : undefined;
  return cause === undefined ? 'rejected' : `rejected: ${cause}`;
}

function rejections(count: number): string {
  return `${count} rejections of ${KERNEL_LINES.length} lines`;
}

function rejectedOf({ say }: Saying): string {
  const rejected = KERNEL_LINES.filter((line) => {
    const monitor = settled();
    say(monitor, line);
    return monitor.rejection !== undefined;
  });
  return rejections(rejected.length);
}
