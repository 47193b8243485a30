import { describe, expect, test } from 'vitest';

import { run } from '../../../test/support/tool.ts';
import { ksvalidator } from './ksvalidator.ts';

const check = (files: Readonly<Record<string, string | undefined>>, ...args: string[]) =>
  run(ksvalidator, args.length > 0 ? args : ['main.ks'], files);

describe('ksvalidator', () => {
  test('says which file it checks, and nothing else when all is well', () => {
    expect(check({ 'main.ks': 'lang x\n' })).toMatchObject({
      code: 0,
      stdout: '\nChecking kickstart file main.ks\n\n',
      stderr: '',
    });
  });

  test('counts every problem, duplicates and deprecations among them', () => {
    const { code, stderr } = check({ 'main.ks': 'lang\nuser --name=a\nuser --name=a\ntimezone UTC --isUtc\n' });
    expect(code).toBe(3);
    expect(stderr).toContain('error[KS_MISSING_ARGUMENT] main.ks:1:1');
    expect(stderr).toContain('error[KS_DUPLICATE] main.ks:3:1');
    expect(stderr).toContain('--isUtc');
  });

  test('stops at the first one with -e', () => {
    expect(check({ 'main.ks': 'lang\nlang\n' }, '-e', 'main.ks')).toMatchObject({ code: 1, stderr: '' });
  });

  test('prints a problem that ends the reading at the end, on stdout', () => {
    const { code, stdout } = check({ 'main.ks': 'lang\n%bogus\n' });
    expect(code).toBe(1);
    expect(stdout).toContain('Unknown kickstart section: %bogus');
  });

  test('never takes very many problems for none', () => {
    expect(check({ 'main.ks': 'lang\n'.repeat(256) }).code).toBe(255);
  });

  test('follows includes only with -i, relative to the file too', () => {
    const files = { 'd/main.ks': '%include a.ks\n', 'd/a.ks': 'lang\n' };
    expect(check(files, 'd/main.ks').code).toBe(0);
    const { code, stderr } = check(files, '-i', 'd/main.ks');
    expect(code).toBe(1);
    expect(stderr).toContain('included from d/main.ks:1:1');
  });

  test('reads what %ksappend names', () => {
    expect(check({ 'main.ks': '%ksappend a.ks\n', 'a.ks': 'lang\n' }, 'main.ks').code).toBe(1);
    expect(check({ 'main.ks': '%ksappend no.ks\n' }, 'main.ks').stdout).toContain('no such file: no.ks');
  });

  test('refuses an empty file, one that cannot be read, none at all', () => {
    expect(check({ 'main.ks': ' \n' }).stdout).toContain('General error in input file:  Empty file');
    expect(check({ 'main.ks': '\u00A0\n' }).code).toBe(0);
    expect(check({ 'main.ks': undefined }).stdout).toContain('invalid UTF-8');
    expect(check({}, 'no.ks')).toMatchObject({ code: 1, stdout: 'No files match the patterns.\n' });
  });

  test('checks all files of a pattern', () => {
    expect(check({ 'a.ks': 'lang\n', 'b.ks': 'lang\n' }, '*.ks').code).toBe(2);
  });

  test.each([
    [['-ei', 'd/main.ks'], 1],
    [['-eiv', 'F44', 'd/main.ks'], 1],
    [['-vF44', 'd/main.ks'], 0],
    [['-v=rhel9', '--', 'd/main.ks'], 0],
    [['--first', '--follow', 'd/main.ks'], 1],
    // As in argparse: files come together, before or after the options.
    [['d/main.ks', '-i', 'd/a.ks'], 2],
    [['-ex', 'd/main.ks'], 2],
    [['-v'], 2],
    [[], 1],
  ])('reads the command line as argparse does: %j exits %i', (args, code) => {
    expect(run(ksvalidator, args, { 'd/main.ks': '%include a.ks\n', 'd/a.ks': 'lang\n' }).code).toBe(code);
  });

  test('lists versions, and refuses those it does not know', () => {
    expect(check({}, '-l').stdout).toMatch(/^F34\n[^]*\nRHEL9\n$/);
    expect(check({ 'main.ks': '' }, '-v', 'F33', 'main.ks')).toMatchObject({ code: 1 });
    expect(check({}, '--bogus')).toMatchObject({ code: 2 });
  });
});
