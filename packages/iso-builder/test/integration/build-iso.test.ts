import { hash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { BuildEvent } from '../../src/index.ts';
import { puppetVolid } from '../puppet/puppet.ts';
import { buildIsoRules, testAborts } from './build-iso-rules.ts';
import { collect, failureOf, reached, withEachEngine, withOneEngine } from './fixture.ts';
import { containing, tree } from './tree.ts';

await withOneEngine('buildIso', buildIsoRules);

await withEachEngine('buildIso', (at) => {
  /** Nothing of the build is left: no container, no directory beside the destination, no destination. */
  const expectNothingLeft = async (action: string): Promise<void> => {
    expect(await at.containers()).toEqual([]);
    expect((await readdir(join(at.folder, 'out'))).filter((name) => name.includes(action))).toEqual([]);
  };

  test('puts ISO, checksum, manifest and logs at the destination', async () => {
    // More than a timer can be set to.
    await using running = at.build('succeed', { labels: { edition: 'puppet' }, timeoutMs: 2 ** 40 });
    const events = await collect(running.events());
    const result = await running.result;

    const evidence = [
      'CHECKSUM',
      'logs/anaconda/anaconda.log',
      'logs/anaconda/dnf.rpm.log',
      'logs/console.log',
      'logs/events.jsonl',
      'logs/livemedia.log',
      'packages.json',
      'phyllome-puppet.iso.sha256',
      'provenance.intoto.json',
      'sbom.spdx.json',
    ];
    expect(await tree(result.directory)).toEqual([...evidence, 'manifest.json', 'phyllome-puppet.iso'].toSorted());
    // What follows from the manifest is not in it.
    const following = ['CHECKSUM', 'provenance.intoto.json'];
    expect(Object.keys(result.manifest.files).toSorted()).toEqual(evidence.filter((name) => !following.includes(name)));
    const iso = await readFile(result.iso);
    expect(iso.length).toBe(result.size);
    const sha256 = hash('sha256', iso);
    expect(result.sha256).toBe(sha256);
    expect(await readFile(`${result.iso}.sha256`, 'utf8')).toBe(`${sha256}  phyllome-puppet.iso\n`);
    expect(result.facts).toMatchObject({ volid: puppetVolid, bios: true, uefi: true, gpt: true });
    expect(result.manifest).toMatchObject({
      iso: { name: 'phyllome-puppet.iso', sha256 },
      builder: { name: 'puppet', contextDigest: at.builder.contextDigest },
      engine: { kind: at.kind },
      labels: { edition: 'puppet' },
    });
    expect(JSON.parse(await readFile(join(result.directory, 'manifest.json'), 'utf8'))).toEqual(result.manifest);

    expect(phasesOf(events)).toEqual([
      'preflight',
      'image',
      'upload',
      'start',
      'install',
      'squashfs',
      'initramfs',
      'iso',
      'fetch',
      'verify',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'done', sha256, iso: result.iso });
    expect(await eventsFile(result.directory)).toEqual(events);
    expect(await at.containers()).toEqual([]);
    expect((await readdir(dirname(result.directory))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test("reports the installer's exact message and keeps the logs", async () => {
    await using running = at.build('fail');
    const events = await collect(running.events());
    const error = await failureOf(running);

    const exact = 'Failed to resolve the transaction:\nNo match for argument: hypervizor-tools';
    const decided = 'No match for argument: hypervizor-tools';
    expect(error).toMatchObject({
      code: 'INSTALL_FAILED',
      message: containing(decided),
      evidence: { cause: 'package-missing', headline: decided },
    });
    expect(error.evidence.exitCode).toBe(1);
    expect(events.filter(({ type }) => type === 'installer-error')).toMatchObject([{ message: exact }]);
    expect(events.at(-1)).toMatchObject({ type: 'failed', code: 'INSTALL_FAILED' });
    const kept = error.evidence.directory ?? '';
    expect(basename(kept)).toBe('fail.failed');
    expect(await tree(kept)).toEqual([
      'logs/anaconda/anaconda.log',
      'logs/anaconda/dnf.rpm.log',
      'logs/console.log',
      'logs/events.jsonl',
      'logs/kickstart.cfg',
      'logs/livemedia.log',
    ]);
    expect(await eventsFile(kept)).toMatchObject(events.map(({ type }) => ({ type })));
    await expect(access(join(at.folder, 'out', 'fail'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await at.containers()).toEqual([]);
  });

  test('does not wait for an installer that gave up to end', async () => {
    const error = await failureOf(at.build('fail-and-sleep'));
    expect(error).toMatchObject({ code: 'INSTALL_FAILED', evidence: { cause: 'package-missing' } });
    expect(await tree(error.evidence.directory ?? '')).toContain('logs/anaconda/anaconda.log');
  });

  test('loses no line of the console, however fast they come', async () => {
    const error = await failureOf(at.build('chatter'));
    const lines = (await readFile(join(error.evidence.directory ?? '', 'logs', 'console.log'), 'utf8'))
      .trimEnd()
      .split('\n');
    expect(lines).toEqual([
      ...Array.from({ length: 3000 }, (_, index) => `line ${index + 1}`),
      'the last line has no end',
    ]);
  });

  test('gives the container SYS_ADMIN, /dev and loop devices, and no more', async () => {
    const error = await failureOf(at.build('tell-privileges'));
    const [capabilities = ''] = error.evidence.lastLines ?? [];
    const has = (bit: number): boolean => ((BigInt(`0x${capabilities.split('\t')[1]}`) >> BigInt(bit)) & 1n) === 1n;
    expect(has(21), 'SYS_ADMIN').toBe(true);
    expect([16, 17, 19, 22].filter(has), 'SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_BOOT').toEqual([]);
    expect(error.evidence.lastLines?.join('\n')).toMatch(/Seccomp:\t2/u);
    expect(error.evidence.lastLines?.join('\n')).toContain('loop-control');
  });

  test('abort in mid-run leaves nothing', async () => {
    const abort = new AbortController();
    const reason = new Error('Ctrl-C');
    await using running = at.build('hang', { signal: abort.signal });
    await reached(running, 'install');
    abort.abort(reason);
    await expect(running.result).rejects.toBe(reason);
    const events = await collect(running.events());
    expect(events.at(-1)).toMatchObject({ type: 'aborted', reason: 'Ctrl-C' });
    // It was asked politely, and had the time to obey.
    expect(linesOf(events).at(-1)).toContain('interrupted');
    await expectNothingLeft('hang');
  });

  test('abort of a process that ignores signals leaves nothing', async () => {
    const abort = new AbortController();
    await using running = at.build('ignore-signals', { signal: abort.signal });
    await reached(running, 'install');
    abort.abort(new Error('Ctrl-C'));
    await expect(running.result).rejects.toThrow('Ctrl-C');
    await expectNothingLeft('ignore-signals');
  });

  testAborts(at, ['upload', 'start', 'fetch']);

  test('disposing of a running build aborts it', async () => {
    {
      await using running = at.build('hang');
      await reached(running, 'install');
      expect(await at.containers()).toHaveLength(1);
    }
    await expectNothingLeft('hang');
  });

  test('stops politely when its time is up, and keeps the logs', async () => {
    const error = await failureOf(at.build('hang', { timeoutMs: 5000 }));
    expect(error).toMatchObject({ code: 'BUILD_TIMEOUT' });
    expect(await tree(error.evidence.directory ?? '')).toContain('logs/anaconda/anaconda.log');
    expect(await at.containers()).toEqual([]);
  });
});

const phasesOf = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));

const linesOf = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'log' && event.source === 'console' ? [event.line] : []));

const eventsFile = async (directory: string): Promise<unknown[]> =>
  (await readFile(join(directory, 'logs', 'events.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
