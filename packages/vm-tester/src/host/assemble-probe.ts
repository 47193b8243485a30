/**
 * Assembles probe-sector.S with binutils and writes probe-sector.ts. Only a change to the sector needs it:
 * `node packages/vm-tester/src/host/assemble-probe.ts`.
 */
import { editionArchitecture } from '@phyllome/host/architecture';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** The sector's 512 bytes, made by `as` and `ld` for the address a BIOS loads it to. */
export async function assembleProbe(): Promise<Buffer> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'vmt-probe-'));
  const [object, binary] = [join(directory.path, 'probe.o'), join(directory.path, 'probe.bin')];
  await execa('as', ['--64', '-o', object, join(import.meta.dirname, 'probe-sector.S')]);
  await execa('ld', [
    '-m',
    `elf_${editionArchitecture.name}`,
    '-Ttext',
    '0x7c00',
    '--oformat',
    'binary',
    '-o',
    binary,
    object,
  ]);
  return readFileSync(binary);
}

if (import.meta.main) {
  const bytes = await assembleProbe();
  const lines = bytes.toString('base64').match(/.{1,100}/g) ?? [];
  writeFileSync(
    join(import.meta.dirname, 'probe-sector.ts'),
    `/** Generated from probe-sector.S by assemble-probe.ts: the 512 bytes of the accelerator probe. */
export const PROBE_SECTOR = Buffer.from(
  [
${lines.map((line) => `    '${line}',`).join('\n')}
  ].join(''),
  'base64',
);
`,
  );
}
