import { spawnSync } from 'node:child_process';
import { rename, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { puppetHost, puppetNeeds } from '../puppet-host.ts';
import { type TestWorkspace, main, testWorkspace } from '../workspace.ts';

/** The real program, in a copy of the checkout, and a person who saves files and reads what it says. */
class Watching implements AsyncDisposable {
  readonly process;
  readonly #root: string;
  #output = '';
  #seen = 0;
  readonly #waiting = new Set<() => void>();

  constructor(workspace: TestWorkspace, args: readonly string[], env: Record<string, string> = {}) {
    this.#root = workspace.root;
    this.process = execa(process.execPath, [main, 'dev', ...args], {
      cwd: workspace.root,
      env: { PHYLLOME_BUILDER: 'rehearsal', PHYLLOME_STORE: workspace.store, ...env },
      reject: false,
      all: true,
      stdin: 'pipe',
      timeout: 300_000,
    });
    this.process.all.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      for (const look of this.#waiting) look();
    });
  }

  /** What it says until it waits for the next save, after what was seen before. */
  report(about: RegExp): Promise<string> {
    return this.#until((said) => said.includes('watching leaves/') && about.test(said));
  }

  /** What it says, and what it starts, until there is this in it. */
  sees(what: RegExp): Promise<string> {
    return this.#until((said) => what.test(said));
  }

  async #until(isEnough: (said: string) => boolean): Promise<string> {
    const done = Promise.withResolvers<string>();
    const look = (): void => {
      const report = this.#output.slice(this.#seen);
      if (!isEnough(report)) return;
      this.#seen = this.#output.length;
      done.resolve(report);
    };
    this.#waiting.add(look);
    void this.process.then(({ exitCode }) => done.reject(new Error(`it ended with ${exitCode}: ${this.#output}`)));
    look();
    try {
      return await done.promise;
    } finally {
      this.#waiting.delete(look);
    }
  }

  write(path: string, text: string): Promise<void> {
    return writeFile(join(this.#root, path), text);
  }

  /** As most editors save: a new file takes the place of the old one. */
  async replace(path: string, text: string): Promise<void> {
    await this.write(`${path}.tmp~`, text);
    await rename(join(this.#root, `${path}.tmp~`), join(this.#root, path));
  }

  read(path: string): Promise<string> {
    return readFile(join(this.#root, path), 'utf8');
  }

  remove(path: string): Promise<void> {
    return rm(join(this.#root, path), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process;
  }
}

test('says at each save what has changed in meaning, writes the flat kickstart, and survives what is broken', async () => {
  await using workspace = await testWorkspace();
  await using watching = new Watching(workspace, ['dhi']);
  expect(await watching.report(/./)).toMatch(/flat\/flat-ldhi\.cfg: fresh/);
  const gnome = await watching.read('leaves/blocks/desktop/gnome.cfg');

  await watching.write('leaves/blocks/desktop/gnome.cfg', gnome.replace('%packages\n', '%packages\nvim-enhanced\n'));
  const added = await watching.report(/reaches/);
  expect(added).toMatch(/packages\n {2}\+ vim-enhanced/);
  expect(added).toMatch(/reaches ISOs: d, dh, dha, dhi; installations: .*\bdhi\b/);
  expect(await watching.read('flat/flat-ldhi.cfg')).toMatch(/^vim-enhanced$/m);

  // The same meaning, by an editor that writes by renaming.
  await watching.replace(
    'leaves/blocks/desktop/gnome.cfg',
    `# Hello.\n${gnome.replace('%packages\n', '%packages\nvim-enhanced\n')}`,
  );
  expect(await watching.report(/means the same/)).not.toMatch(/reaches/);

  // What editors put beside what they save is no change: vim, Emacs, sed.
  for (const name of ['4913', '.gnome.cfg.swp', '.#gnome.cfg', 'gnome.cfg~', 'sedXb1Zk2'])
    await watching.write(`leaves/blocks/desktop/${name}`, 'a part of it');
  await watching.write('leaves/blocks/desktop/gnome.cfg', gnome);
  const without = await watching.report(/reaches/);
  expect(without).toMatch(/^saved: leaves\/blocks\/desktop\/gnome\.cfg$/m);
  expect(without).toMatch(/packages\n {2}- vim-enhanced/);
  await watching.write('leaves/blocks/desktop/gnome.cfg', gnome.replace('%packages\n', '%packages\nvim-enhanced\n'));
  await watching.report(/\+ vim-enhanced/);

  // Broken in three ways: the last good state stays, and is what the next sound one is compared with.
  const flat = await watching.read('flat/flat-ldhi.cfg');
  await watching.write('leaves/blocks/desktop/gnome.cfg', `${gnome}%packages\nemacs\n`);
  expect(await watching.report(/error/)).toMatch(/KS_SECTION_NOT_ENDED[^]*stays as it last was/);
  await watching.write('leaves/blocks/desktop/gnome.cfg', `${gnome}%include gnome.cfg\n`);
  expect(await watching.report(/error/)).toMatch(/KS_INCLUDE_CYCLE/);
  await watching.remove('leaves/blocks/desktop/gnome.cfg');
  expect(await watching.report(/error/)).toMatch(/KS_INCLUDE_NOT_FOUND/);
  expect(await watching.read('flat/flat-ldhi.cfg')).toBe(flat);
  await watching.write('leaves/blocks/desktop/gnome.cfg', gnome);
  expect(await watching.report(/last good state/)).toMatch(/packages\n {2}- vim-enhanced/);

  // Leaves come and go, the watched one, too.
  await watching.write('leaves/lnew.cfg', '%include blocks/base.cfg\n');
  await watching.report(/lnew/);
  const leaf = await watching.read('leaves/ldhi.cfg');
  await watching.remove('leaves/ldhi.cfg');
  expect(await watching.report(/gone/)).toMatch(/leaves\/ldhi\.cfg is gone/);
  await watching.replace('leaves/ldhi.cfg', leaf);
  expect(await watching.report(/flat-ldhi\.cfg: fresh/)).toMatch(/new or sound again: ldhi/);

  watching.process.stdin.write('q\n');
  const { exitCode, all } = await watching.process;
  expect(exitCode, all).toBe(0);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('ends at %s, and leaves nothing behind', async (signal, expected) => {
  await using workspace = await testWorkspace();
  await using watching = new Watching(workspace, ['ldhi']);
  await watching.report(/./);
  watching.process.kill(signal);
  const { exitCode, all } = await watching.process;
  expect(exitCode).toBe(expected);
  expect(all).toMatch(/nothing was left behind/);
});

test('an edition that does not exist is refused at once', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, all } = await workspace.phyllome(['dev', 'nosuch']);
  expect(exitCode).toBe(2);
  expect(all).toMatch(/UNKNOWN_EDITION/);
});

const lacking = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...puppetNeeds.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0),
];
if (lacking.length > 0) process.stdout.write(`left out, as ${lacking.join(', ')} is missing: dev that builds\n`);

describe.skipIf(lacking.length > 0 && process.env['CI'] !== 'true')('what is built after a change', () => {
  const block = 'leaves/blocks/nano.cfg';

  test('the ISO, again after each that means something, and not of what is broken', async () => {
    await using host = await puppetHost();
    await using workspace = await testWorkspace();
    await using watching = new Watching(workspace, ['n', '--build'], host.env);
    await watching.sees(/built in \d/u);
    const nano = await watching.read(block);
    await watching.write(block, `# A comment.\n${nano}`);
    await watching.report(/means the same/u);
    await watching.write(block, nano.replace('%end', ''));
    await watching.report(/stays as it last was/u);
    expect(await host.builds()).toBe(1);
    await watching.write(block, nano.replace('vim-minimal', 'vim-enhanced'));
    expect(await watching.sees(/built in \d/u)).toContain('+ vim-enhanced');
    expect(await host.builds()).toBe(2);
    // A build that fails ends nothing: the next change tries again.
    await watching.remove('containers/rehearsal');
    await watching.write(block, nano.replace('vim-minimal', 'vim-default-editor'));
    await watching.sees(/ended with exit code \d+; the next change tries again/u);
    watching.process.stdin.write('q\n');
    expect((await watching.process).exitCode).toBe(0);
  });

  test('a build that a change overtakes ends, and leaves nothing behind', async () => {
    await using host = await puppetHost('echo "Installing a.x86_64 (1/2)"; while [ ! -e "$0.go" ]; do sleep 0.1; done');
    await using workspace = await testWorkspace();
    await using watching = new Watching(workspace, ['n', '--build'], host.env);
    await watching.sees(/install\b/u);
    await vi.waitFor(async () => expect(await host.builds()).toBe(1), { timeout: 120_000, interval: 100 });
    const nano = await watching.read(block);
    await watching.write(block, nano.replace('vim-minimal', 'vim-enhanced'));
    await vi.waitFor(async () => expect(await host.builds()).toBe(2), { timeout: 120_000, interval: 100 });
    await host.letGo();
    await watching.sees(/built in \d/u);
    watching.process.stdin.write('q\n');
    const { exitCode, all } = await watching.process;
    expect(exitCode, all).toBe(0);
    expect(await processesOf(workspace.root)).toEqual([]);
  });

  test('and booted, until the next change or the end', async () => {
    await using host = await puppetHost();
    await using workspace = await testWorkspace();
    const env = { ...host.env, XDG_RUNTIME_DIR: join(workspace.root, 'run') };
    await using watching = new Watching(workspace, ['n', '--boot'], env);
    expect(await watching.sees(/powers it off/u)).toMatch(/built in \d/u);
    await vi.waitFor(async () => expect(await processesOf(workspace.root)).toContain('qemu-system-x86'), {
      timeout: 120_000,
      interval: 100,
    });
    watching.process.stdin.write('q\n');
    const { exitCode, all } = await watching.process;
    expect(exitCode, all).toBe(0);
    expect(await processesOf(workspace.root)).toEqual([]);
  });
});

/** Names of the processes whose command line names a folder; their kernel cuts them. */
async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await execa('pgrep', ['-l', '-f', '--', folder], { reject: false });
  return stdout.split('\n').flatMap((line) => line.split(' ')[1] ?? []);
}
