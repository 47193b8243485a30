import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readKickstart } from '../read-kickstart.ts';
import { commandPlanners } from './commands/index.ts';
import { intentOf } from './intent.ts';
import { planConfiguration } from './plan.ts';

/** The grammar of the release that editions are written for: names and options of all commands. */
interface Grammar {
  options: { flags: string[]; action?: string }[];
  commands: { removed?: boolean; options?: number[] }[];
  releases: Record<string, { commands: Record<string, number> }>;
}
const grammar: Grammar = JSON.parse(
  readFileSync(new URL('../../../flattener/src/commands/releases.json', import.meta.url), 'utf8'),
);
const commands = Object.entries(grammar.releases['F44']?.commands ?? {})
  .map(([name, index]) => ({ name, removed: false, options: [], ...grammar.commands[index] }))
  .filter(({ removed }) => !removed);

const plan = (name: string, ...args: string[]) =>
  planConfiguration(
    { commands: [{ name, args, text: [name, ...args].join(' '), line: 7 }], sections: [] },
    { project: 'X', releasever: '44', packages: [] },
  );

/** Options that say what happens anyway, or speak of a disk or a link that is not there yet. */
const moot = new Set([
  ...['--activate', '--no-activate', '--bootproto', '--device', '--onboot'].map((flag) => `network ${flag}`),
  'bootloader --location',
  ...['--enable', '--enabled'].map((flag) => `firewall ${flag}`),
  'rootpw --iscrypted',
  ...['rootpw', 'user'].map((name) => `${name} --plaintext`),
  'user --iscrypted',
]);

/** What a command is without the option in question. */
const least: Record<string, string[]> = { timezone: ['UTC'], user: ['--name=ada'], lang: ['fr_CH.UTF-8'] };

describe.each(commands)('$name', ({ name, options }) => {
  test('has a planner', () => {
    expect(Object.keys(commandPlanners)).toContain(name);
  });

  test('has no option that is dropped without a word', () => {
    const flags = options.flatMap((index) => grammar.options[index] ?? []);
    const without = plan(name, ...(least[name] ?? []));
    // A command that is recorded as a whole, or that is over when the medium is made, needs no options.
    if (without.withoutCounterpart.length > 0 || isFulfilled(name)) return;
    const silent = flags
      .flatMap(({ flags: names, action }) => names.map((flag) => (action === undefined ? `${flag}=1` : flag)))
      .filter((option) => option.startsWith('--') && !moot.has(`${name} ${option.replace(/=.*/u, '')}`))
      .filter((option) => JSON.stringify(plan(name, ...(least[name] ?? []), option)) === JSON.stringify(without));
    expect(silent).toEqual([]);
  });
});

const isFulfilled = (name: string): boolean =>
  ['cmdline', 'eula', 'graphical', 'halt', 'poweroff', 'reboot', 'shutdown', 'skipx', 'text'].includes(name);

describe('the kickstart that exercises every command', () => {
  const path = fileURLToPath(new URL('../../test/every-command/every-command.cfg', import.meta.url));
  const kickstart = readKickstart(path);
  const names = new Set(kickstart.commands.map(({ name }) => name));

  test('has every command that a rehearsal honours', () => {
    // Not beside the small kernel; and those that livemedia-creator refuses, or that are each other's alias.
    const elsewhere = ['xconfig', 'cmdline', 'graphical', 'text', 'halt', 'reboot', 'shutdown'];
    const honoured = commands
      .map(({ name }) => name)
      .filter((name) => plan(name, ...(least[name] ?? [])).withoutCounterpart.length === 0);
    expect(honoured.filter((name) => !names.has(name) && !elsewhere.includes(name))).toEqual([]);
  });

  test('is told, line by line, what it does not get', () => {
    const { plan: planned, resolve } = intentOf(kickstart, { project: 'X', releasever: '44' });
    const text = readFileSync(path, 'utf8').split('\n');
    const recorded = [
      ...planned.withoutCounterpart,
      ...resolve((name) => name === 'openssh-server').withoutCounterpart,
    ];
    expect(recorded.length).toBeGreaterThan(15);
    for (const { text: said, line } of recorded) {
      const [word = ''] = said.split(' ');
      expect(text[line - 1]).toContain(word.startsWith('-') ? word.slice(1) : word);
    }
  });
});
