import { describe, expect, test } from 'vitest';
import { Evidence, explain } from '@phyllome/installer';
import { InstallError, PreScriptError, ScriptFailed } from '../install/errors.ts';
import { KickstartUnreadable } from '../read-kickstart.ts';
import { lastWords } from './install.ts';
import { StorageRefusal } from './storage/refusal.ts';

/** What the monitor of an installation makes of it. */
function causeOf(error: unknown): string {
  const evidence = new Evidence();
  for (const line of lastWords(error)) evidence.line('console', 'console', line);
  return explain(evidence, { kickstart: '' }).cause;
}

describe('whoever watches understands why the installer gave up', () => {
  test.each([
    ['storage', new StorageRefusal('Unable to allocate requested partition scheme.', 7)],
    ['space-root', new StorageRefusal('Not enough space in file systems for the current software selection.')],
    ['kickstart', new KickstartUnreadable(3, 'Unknown command: x')],
    ['script', new PreScriptError('a %pre script failed', { number: 3, output: ['no such disk'] })],
    ['script', new ScriptFailed('15', { number: 15, output: ['+ false'] })],
    ['package-missing', new InstallError('Some packages or groups are missing.\nNo match for argument: nonsense')],
  ])('%s', (cause, error) => {
    expect(causeOf(error)).toBe(cause);
  });

  test('with the line of the kickstart', () => {
    expect(lastWords(new StorageRefusal('No.', 7)).join('\n')).toContain('(kickstart line 7)');
  });
});
