/**
 * Whether a bad image is ever accepted, and how soon it is rejected: `node bench/vm/bad-images.ts ISO [NAME…]`.
 *
 * Makes every bad image of packages/vm-tester/test/bad-images/table.ts from a good live ISO of this project, boots it,
 * and prints what was expected and what was said. Exits 1 when one was accepted, judged otherwise, too late, or with a report of 5 MB.
 */
import { BAD_IMAGES, type BadImage } from '../../packages/vm-tester/test/bad-images/table.ts';
import { difference, judgeBadImage, LARGEST_REPORT } from '../../packages/vm-tester/test/bad-images/judge.ts';

const [iso, ...names] = process.argv.slice(2);
if (iso === undefined) throw new Error('usage: node bench/vm/bad-images.ts ISO [NAME…]');
const unknown = names.filter((name) => !BAD_IMAGES.some((image) => image.name === name));
if (unknown.length > 0) throw new Error(`no bad image is called ${unknown.join(', ')}`);

console.log('| image | firmware | expected | got | s | bound, s | |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
let wrong = 0;
for (const image of BAD_IMAGES) {
  if (names.length > 0 && !names.includes(image.name)) continue;
  const { verdict, tookMs, boundMs, reportBytes } = await judgeBadImage(iso, image);
  const got = verdict.status === 'accepted' ? 'accepted' : `${verdict.phase}: ${verdict.cause}`;
  const expected = expectation(image.expected);
  const fine = difference(image, verdict) === undefined && tookMs <= boundMs && reportBytes < LARGEST_REPORT;
  if (!fine) wrong++;
  const seconds = [tookMs, boundMs].map((ms) => (ms / 1000).toFixed(1));
  const columns = [image.name, image.firmware ?? 'bios', expected, `${verdict.status} ${got}`, ...seconds];
  console.log(`| ${columns.join(' | ')} | ${fine ? 'ok' : 'WRONG'} |`);
  if (!fine && verdict.status !== 'accepted') for (const { line } of verdict.evidence) console.log(`<!-- ${line} -->`);
}
process.exitCode = wrong > 0 ? 1 : 0;

function expectation(expected: BadImage['expected']): string {
  if (expected.status === 'accepted') return 'accepted';
  const { status, phase, cause } = expected;
  return `${status} ${phase ?? 'any phase'}: ${[cause].flat().join(' or ')}`;
}
