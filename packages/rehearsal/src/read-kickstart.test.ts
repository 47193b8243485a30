import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readKickstart, readKickstartBeforePre } from './read-kickstart.ts';

async function kickstart(text: string) {
  const at = await mkdtempDisposable(join(tmpdir(), 'read-kickstart-'));
  const path = join(at.path, 'ks.cfg');
  await writeFile(path, text);
  return Object.assign(at, { file: path });
}

const MISSING = "[Errno 2] No such file or directory: '/nowhere/made.cfg'";

test.each([
  ['text\npartitoin / --size=1\n', 2, 'Unknown command: partitoin'],
  ['%include /nowhere/made.cfg\n', 1, `Unable to open input kickstart file: Error opening file: ${MISSING}`],
  ['text\n  %include /nowhere/made.cfg\n', 2, `Unable to open input kickstart file: Error opening file: ${MISSING}`],
])('%j is refused at its line', async (text, line, problem) => {
  await using at = await kickstart(text);
  expect(() => readKickstart(at.file)).toThrow(expect.objectContaining({ line, problem }));
});

test('what a %pre is going to write counts as empty before it has run', async () => {
  await using at = await kickstart('lang en_US.UTF-8\n%include /nowhere/made.cfg\n');
  expect(readKickstartBeforePre(at.file).commands).toMatchObject([{ name: 'lang' }]);
});
