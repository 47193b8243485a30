import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { commands } from './commands.ts';
import { idleContext } from '../test/idle-context.ts';

test('each file in commands/ is a command, and each command a file', () => {
  const files = readdirSync(join(import.meta.dirname, 'commands')).filter((file) => !file.endsWith('.test.ts'));
  expect(files.toSorted()).toEqual(commands.map(({ name }) => `${name}.ts`).toSorted());
});

describe.each(commands)('phyllome $name', ({ name, load }) => {
  test('has two examples, and takes them', async () => {
    const { define, examples } = await load();
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [line] of examples) {
      const [, words = ''] = line.split(`phyllome ${name}`);
      expect(line).toContain(`phyllome ${name}`);
      const command = new Command(name).exitOverride().configureOutput({ writeErr: () => {} });
      define(command, idleContext);
      for (const each of [command, ...command.commands]) each.action(() => {});
      const argv = words
        .replace(/\s*[>|].*$/u, '')
        .split(' ')
        .filter(Boolean);
      expect(() => command.parse(argv, { from: 'user' }), line).not.toThrow();
    }
  });

  test('refuses an option that it does not have', async () => {
    const { define } = await load();
    const command = new Command(name).exitOverride().configureOutput({ writeErr: () => {} });
    define(command, idleContext);
    expect(() => command.parse(['--no-such-option'], { from: 'user' })).toThrow('unknown option');
  });
});
