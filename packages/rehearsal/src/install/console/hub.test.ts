import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type HubEntry, hubLines, hubOf } from './hub.ts';

const recorded = join(import.meta.dirname, '../../../../installer/test/recorded/anaconda-44');

/** The summary as a recording has it: from its first entry to the empty line after its last. */
function recordedHub(name: string): string[] {
  const lines = readFileSync(join(recorded, name, 'console.log'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\S+ [\d:,]+: ?/u, '').trimEnd());
  const from = lines.findIndex((line) => line.startsWith('1) ['));
  return lines.slice(from, lines.indexOf('', from));
}

const command = (name: string, ...args: string[]) => ({ name, args, text: '', line: 1 });
const kickstart = {
  commands: [
    command('lang', 'en_US.UTF-8'),
    command('timezone', 'Europe/Paris', '--utc'),
    command('url', '--url=file:///repo'),
  ],
};

describe('as recorded from anaconda 44.35', () => {
  test('when everything is there', () => {
    expect(hubLines(hubOf(kickstart, true))).toEqual(recordedHub('success'));
  });

  test('when a package is missing: the state takes two lines', () => {
    expect(hubLines(hubOf(kickstart, false))).toEqual(recordedHub('missing-package'));
  });

  test('when a repository does not answer, which a rehearsal does not ask', () => {
    const entries = hubOf(kickstart, true);
    const open: HubEntry[] = [
      { mark: '!', name: 'Installation source', state: 'Error setting up repositories' },
      { mark: '!', name: 'Software selection', state: 'Installation source not set up' },
    ];
    expect(hubLines([...entries.slice(0, 2), ...open, ...entries.slice(4)])).toEqual(
      recordedHub('updates-unreachable'),
    );
  });
});

const stateOf = (name: string, ...commands: ReturnType<typeof command>[]) =>
  hubOf({ commands }, true).find((entry) => entry.name === name);

describe('hubOf', () => {
  test.each([
    ['fr_CH.UTF-8', 'French (Switzerland)'],
    ['C', 'C'],
  ])('names the language %s', (locale, state) => {
    expect(stateOf('Language settings', command('lang', locale))).toMatchObject({ state });
  });

  test('marks a time zone that nobody gave', () => {
    expect(stateOf('Time settings')).toMatchObject({ mark: '!' });
  });

  test('tells administrators from users', () => {
    expect(stateOf('User creation', command('user', '--name=ada', '--groups=video,wheel'))).toMatchObject({
      state: 'Administrator ada will be created',
    });
    expect(stateOf('User creation', command('user', '--name=bob'))).toMatchObject({
      state: 'User bob will be created',
    });
  });

  test('breaks an address that is longer than its column', () => {
    const url = `--url=https://example.invalid/${'x'.repeat(60)}/`;
    const lines = hubLines(hubOf({ commands: [command('url', url)] }, true));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.join('').match(/x/gu)?.length).toBeGreaterThan(60);
  });
});
