import { rename, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type TestWorkspace, main, testWorkspace } from '../workspace.ts';

/** The real program, in a copy of the checkout, and a person who saves files and reads what it says. */
class Watching implements AsyncDisposable {
  readonly process;
  readonly #root: string;
  #output = '';
  #seen = 0;
  readonly #waiting = new Set<() => void>();

  constructor(workspace: TestWorkspace, args: readonly string[]) {
    this.#root = workspace.root;
    this.process = execa(process.execPath, [main, 'dev', ...args], {
      cwd: workspace.root,
      env: { PHYLLOME_BUILDER: 'rehearsal', PHYLLOME_STORE: workspace.store },
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
  async report(about: RegExp): Promise<string> {
    const done = Promise.withResolvers<string>();
    const look = (): void => {
      const report = this.#output.slice(this.#seen);
      const end = report.lastIndexOf('watching leaves/');
      if (end < 0 || !about.test(report)) return;
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
