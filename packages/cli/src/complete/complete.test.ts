import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { commands } from '../commands.ts';
import { complete, placeholderOf, type Program } from './complete.ts';
import { valuesFor } from './values.ts';
import { idleContext } from '../../test/idle-context.ts';

async function commandOf(name: string): Promise<Command | undefined> {
  const entry = commands.find((one) => one.name === name);
  if (entry === undefined) return undefined;
  const command = new Command(name);
  (await entry.load()).define(command, idleContext);
  return command;
}

const kinds = { editions: ['dhi', 'dha'], leaves: ['ldhi', 'dhi'], installable: ['dhi'], targets: ['install-dhi'] };
const program: Program = {
  commands: commands.filter(({ hidden }) => hidden !== true).map(({ name }) => ({ word: name })),
  options: [{ word: '--help' }, { word: '--version' }],
  load: commandOf,
  words: (kind) => (kind === 'firmware' ? ['bios', 'uefi'] : kinds[kind]).map((word) => ({ word })),
};

test.each<[string, string[]]>([
  ['fl', ['flatten']],
  ['tester', []],
  ['--v', ['--version']],
  ['help fl', ['flatten']],
  ['no-such-command ', []],
  ['flatten ', ['ldhi', 'dhi']],
  ['flatten ldhi l', ['ldhi']],
  ['flatten --check l', ['ldhi']],
  ['flatten -o flat.cfg l', ['ldhi']],
  ['flatten --output=flat.cfg l', ['ldhi']],
  ['flatten --com', ['--comments']],
  ['flatten --check --c', ['--comments']],
  ['flatten -- --c', []],
  ['build dhi ', []],
  ['build --profile ', ['draft', 'release']],
  ['build --profile=r', ['--profile=release']],
  ['build --rebuild=', []],
  ['build --timeout ', []],
  ['build --timeout 5 d', ['dhi', 'dha']],
  ['store p', ['push', 'pull']],
  ['store push --re', ['--replace']],
  ['store push d', ['dhi', 'dha']],
  ['store gc --re', []],
  ['test-vm --firmware bios,', ['bios,uefi']],
  ['test-vm --firmware=bios,u', ['--firmware=bios,uefi']],
  ['test-vm install-', ['install-dhi']],
  ['deploy ', ['dhi']],
  ['deploy dhi --with q', ['qemu']],
  ['clean --af', []],
  ['completion ', ['bash', 'zsh', 'fish']],
])('phyllome %s: %j', async (line, words) => {
  const { candidates } = await complete(line.split(' '), program);
  expect(candidates.map(({ word }) => word)).toEqual(words);
});

test.each<[string, string | undefined]>([
  ['flatten ./', 'files'],
  ['flatten nothing-of-that-name', 'files'],
  ['flatten ld', undefined],
  ['flatten -o ', 'files'],
  ['flatten --include=', 'directories'],
  ['verify ~/', 'directories'],
  ['build ./', undefined],
  ['build --proxy ', undefined],
  ['check-console ', 'files'],
])('of phyllome %s the shell completes: %s', async (line, paths) => {
  expect((await complete(line.split(' '), program)).paths).toBe(paths);
});

test.each(['test-vm', 'flatten', 'clean'])('an option of %s that no help shows is not offered', async (name) => {
  const { candidates } = await complete([name, '--'], program);
  const command = await commandOf(name);
  const shown = command?.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
  expect(candidates.map(({ word }) => word)).toEqual([...(shown ?? []), '--help']);
});

describe.each(commands)('of phyllome $name', ({ name }) => {
  test('it is known what each argument and the value of each option may be', async () => {
    const check = (command: Command, of: string): void => {
      const all = [...command.registeredArguments, ...command.options.filter((one) => one.required || one.optional)];
      for (const one of all.filter(({ argChoices }) => argChoices === undefined)) {
        expect(valuesFor(of, placeholderOf(one)), `a row for "${of} ${placeholderOf(one)}"`).toBeDefined();
      }
      for (const inner of command.commands) check(inner, `${of} ${inner.name()}`);
    };
    const command = await commandOf(name);
    expect(command).toBeDefined();
    if (command !== undefined) check(command, name);
  });
});
