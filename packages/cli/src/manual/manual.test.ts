import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import { commands } from '../commands.ts';
import { exitCodes } from '../exit-codes.ts';
import { errorTopics, findCode } from '../error-codes.ts';
import { errorsPage } from './errors.ts';
import { exitMeanings, variables } from './facts.ts';
import { commandsPage } from './markdown.ts';
import { type CommandReference, commandReference } from './reference.ts';
import { manualPage } from './roff.ts';
import { idleContext } from '../../test/idle-context.ts';

const root = resolve(import.meta.dirname, '../../../..');
let reference: CommandReference[];
beforeAll(async () => {
  reference = await commandReference(idleContext);
});

const stale = 'it is stale: pnpm docs:commands';

test('docs/man/phyllome.1 is what the commands are', () => {
  expect(readFileSync(join(root, 'docs/man/phyllome.1'), 'utf8'), stale).toBe(manualPage(reference, project.version));
});

test('docs/commands.md is what the commands are', () => {
  expect(readFileSync(join(root, 'docs/commands.md'), 'utf8'), stale).toBe(commandsPage(reference));
});

test('docs/errors.md is what the errors are', () => {
  expect(readFileSync(join(root, 'docs/errors.md'), 'utf8'), stale).toBe(errorsPage(errorTopics));
});

test('a code that several things have means one exit code, and each meaning is a sentence', () => {
  for (const { code, exitCode, meaning } of errorTopics.flatMap(({ codes }) => codes)) {
    expect(findCode(code)?.exitCode, code).toBe(exitCode);
    expect(meaning, code).toMatch(/ .*\.$/u);
  }
});

test('it has every command that is listed, with its own commands, options and examples', () => {
  expect(reference.map(({ name }) => name)).toEqual(
    commands.filter(({ hidden }) => hidden !== true).map(({ name }) => `phyllome ${name}`),
  );
  const store = reference.find(({ name }) => name === 'phyllome store');
  expect(store?.commands.map(({ name }) => name)).toContain('phyllome store gc');
  const build = reference.find(({ name }) => name === 'phyllome build');
  expect(build?.usage).toBe('phyllome build [options] <edition>');
  expect(build?.options).toContainEqual({
    term: '--profile <profile>',
    text: 'draft compresses fast, release well (choices: "draft", "release", default: "draft")',
  });
  expect(reference.every(({ examples }) => examples.length >= 2)).toBe(true);
});

test('it has what each exit code means', () => {
  expect(Object.keys(exitMeanings)).toEqual(Object.keys(exitCodes));
});

test('it has every variable that is read of the environment, and no other', () => {
  const read = new Set<string>();
  for (const folder of readdirSync(join(root, 'packages'))) {
    const source = join(root, 'packages', folder, 'src');
    if (!existsSync(source)) continue;
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const text = readFileSync(join(source, file), 'utf8');
      for (const [, name = ''] of text.matchAll(/(?:env\['|\.env\(')(PHYLLOME_[A-Z_]+)'/gu)) read.add(name);
    }
  }
  // What is judged, for the specs in acceptance/: set by this program, for its own children.
  read.delete('PHYLLOME_ISO');
  expect(Object.keys(variables)).toEqual([...read].toSorted());
});

test('a word that roff would obey stays a word', () => {
  const page = manualPage(
    [
      {
        name: 'phyllome x',
        summary: ".so /etc/passwd \\n(.s 'x'",
        usage: 'phyllome x',
        arguments: [{ term: 'a "b"', text: '.ex' }],
        options: [],
        commands: [],
        examples: [],
      },
    ],
    '1',
  );
  expect(page).toContain(String.raw`\&.so /etc/passwd \(rsn(.s \(aqx\(aq.`);
  expect(page).toContain(String.raw`.B "a \(dqb\(dq"` + '\n' + String.raw`\&.ex`);
});

const groff = existsSync('/usr/bin/groff');
test.skipIf(!groff)(`groff has nothing to say against it${groff ? '' : ' (left out: groff is not installed)'}`, () => {
  const input = manualPage(reference, project.version);
  const said = execFileSync('sh', ['-c', 'groff -man -ww -Tutf8 -rLL=78n 2>&1 >/dev/null'], {
    input,
    encoding: 'utf8',
  });
  expect(said).toBe('');
  const shown = execFileSync('groff', ['-man', '-Tascii', '-P-cbou'], { input, encoding: 'utf8' });
  for (const { name } of reference) expect(shown).toContain(name);
  expect(shown).toContain('--keep-include <path>');
});
