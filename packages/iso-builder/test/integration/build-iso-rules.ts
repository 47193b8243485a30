/**
 * What a build does whichever engine it is with: it judges what comes out, and what it is asked for. By default with one
 * engine, and every night with the others.
 */
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import type { Phase } from '../../src/index.ts';
import { makeInstaller } from '../puppet/puppet.ts';
import { collect, failureOf, reached, type Setup } from './fixture.ts';
import { containing, tree } from './tree.ts';

const root = process.getuid?.() === 0;
if (!root) console.warn('the tests of a full disk are skipped: mounting one takes root');

export function buildIsoRules(at: Setup): void {
  test('the installer gets into the container, and one that came back as it was is not taken', async () => {
    const installer = { iso: await makeInstaller(at.folder), what: 'Phyllome OS dhi' };
    const error = await failureOf(at.build('forget', { medium: 'installer', installer }));
    expect([error.code, error.message]).toEqual(['INSTALLER_MENU_WRONG', containing('does not carry the kickstart')]);
    expect(await at.containers()).toEqual([]);
  });

  test('replaces an earlier result, and nothing else', async () => {
    const destination = join(at.folder, 'replace', 'dist');
    await at.build('succeed', { destination }).result;
    await writeFile(join(destination, 'logs', 'stale'), '');
    await writeFile(join(destination, 'vm.qcow2'), '');
    await at.build('succeed', { destination }).result;
    expect(await readdir(join(destination, 'logs'))).not.toContain('stale');
    expect(await readdir(destination)).toContain('vm.qcow2');

    const precious = join(at.folder, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'thesis.odt'), '');
    await expect(at.build('succeed', { destination: precious }).result).rejects.toMatchObject({
      code: 'DESTINATION_UNUSABLE',
    });
    expect(await readdir(precious)).toEqual(['thesis.odt']);
  });

  test.each([
    ['refuse', 'KICKSTART_REFUSED', 'dracut-live'],
    ['leave-no-iso', 'ISO_MISSING', 'phyllome-puppet.iso'],
    ['truncate', 'ISO_TRUNCATED', 'has 200000 of the'],
    ['damage', 'ISO_CHECKSUM_WRONG', 'is damaged'],
  ])('%s: %s', async (action, code, words) => {
    const error = await failureOf(at.build(action));
    expect(error).toMatchObject({ code, message: containing(words) });
    expect(await tree(error.evidence.directory ?? '')).not.toContain('phyllome-puppet.iso');
    await expect(access(join(at.folder, 'out', action))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await at.containers()).toEqual([]);
  });

  test('refuses an ISO with another volume id', async () => {
    expect(
      await failureOf(at.build('succeed', { volid: 'Other', destination: join(at.folder, 'volid') })),
    ).toMatchObject({
      code: 'ISO_VOLID_WRONG',
    });
  });

  test('asks for free space first', async () => {
    const pebibyte = 2 ** 50;
    for (const neededBytes of [{ engine: pebibyte }, { destination: pebibyte }]) {
      const error = await failureOf(at.build('succeed', { neededBytes, destination: join(at.folder, 'full', 'dist') }));
      expect(error).toMatchObject({
        code: 'DISK_TOO_SMALL',
        message: containing('1048576.0 GiB'),
      });
    }
    expect(await readdir(join(at.folder, 'full'))).toEqual([]);
  });

  test.skipIf(!root)('a destination that fills up', async () => {
    const small = join(at.folder, 'small');
    await mkdir(small);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
    onTestFinished(async () => void (await execa('umount', [small])));
    const error = await failureOf(at.build('succeed', { destination: join(small, 'dist') }));
    expect(error).toMatchObject({ code: 'DISK_TOO_SMALL', message: containing('is full') });
    expect(await tree(small)).not.toContain('dist/phyllome-puppet.iso');
    expect(await tree(small)).toContain('dist.failed/logs/console.log');
    expect(await at.containers()).toEqual([]);
  });

  test('refuses options that livemedia-creator would stumble over, before anything is done', async () => {
    const destination = join(at.folder, 'never', 'dist');
    expect(await failureOf(at.build('succeed', { volid: 'x'.repeat(33), destination }))).toMatchObject({
      code: 'VOLID_INVALID',
    });
    await expect(access(dirname(destination))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  testAborts(at, ['preflight', 'image', 'verify']);

  test('sees the compressed root file system grow, and remembers how large it gets and how long it takes', async () => {
    const timings = join(at.folder, 'timings', 'grow.json');
    const first = at.build('grow', { timings });
    await first.result;
    const grown = (await collect(first.events())).flatMap((event) =>
      event.type === 'progress' && event.phase === 'squashfs' ? [event] : [],
    );
    expect(grown.length).toBeGreaterThan(1);
    expect(grown[0]).not.toHaveProperty('total');
    const second = at.build('grow', { timings });
    await second.result;
    const events = await collect(second.events());
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'progress', phase: 'squashfs', total: 6 * 2 ** 20, unit: 'bytes' }),
    );
    const estimates = events.flatMap((event) => (event.type === 'estimate' ? [event] : []));
    expect(estimates.some(({ remainingMs = 0 }) => remainingMs > 0)).toBe(true);
    expect(estimates.map(({ fraction }) => fraction)).toEqual(
      estimates.map(({ fraction }) => fraction).toSorted((a, b) => a - b),
    );
    expect(events.at(-1)?.type).toBe('done');
  });
}

/** A test for each of these phases: a build that is aborted in it leaves nothing. */
export function testAborts(at: Setup, phases: readonly Phase[]): void {
  test.each(phases)('abort in phase %s leaves nothing', async (phase) => {
    const destination = join(at.folder, 'aborted', phase);
    const abort = new AbortController();
    await using running = at.build('succeed', { signal: abort.signal, destination });
    await reached(running, phase);
    abort.abort(new Error('Ctrl-C'));
    await expect(running.result).rejects.toThrow('Ctrl-C');
    expect(await at.containers()).toEqual([]);
    expect(await readdir(dirname(destination))).toEqual([]);
  });
}
