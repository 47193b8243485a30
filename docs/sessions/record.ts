/**
 * Records the sessions of this folder's README, and the pictures of the project's: in a clone of the last commit with an
 * image store of its own, by the rehearsal builder. What it writes is committed.
 *
 *     pnpm docs:sessions [name…]     names of sessions, and `pictures`; all without one
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { chromium } from 'playwright-core';
import { animate, film } from './picture.ts';
import { type Stage, play } from './play.ts';
import { sessions } from './sessions.ts';

const here = import.meta.dirname;
const root = join(here, '../..');

/** One page of all sessions. */
function pageOf(recordings: ReadonlyMap<string, string>): string {
  const parts = sessions.map(
    ({ name, title, about }) => `## ${title}\n\n${about}\n\n\`\`\`console\n${recordings.get(name) ?? ''}\n\`\`\`\n`,
  );
  return `# Sessions

Recorded by \`pnpm docs:sessions\` with the rehearsal builder: the images are made of Debian packages. They prove the
pipeline, and are not Phyllome OS. Durations are those of a busy machine with two cores and without KVM.

${parts.join('\n')}`;
}

/** What was recorded before: a session may be recorded alone. */
async function recorded(): Promise<Map<string, string>> {
  const text = await readFile(join(here, 'README.md'), 'utf8').catch(() => '');
  const blocks = new Map(
    [...text.matchAll(/^## (?<title>.*)\n\n.*\n\n```console\n(?<body>[^]*?)\n```$/gmu)].map(({ groups }) => [
      groups?.['title'],
      groups?.['body'] ?? '',
    ]),
  );
  return new Map(sessions.map(({ name, title }) => [name, blocks.get(title) ?? '']));
}

async function clone(folder: string): Promise<Stage> {
  const stage: Stage = {
    root: join(folder, 'phyllome-os-images'),
    env: {
      NX_CACHE_DIRECTORY: join(folder, 'nx'),
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      PHYLLOME_BUILDER: 'rehearsal',
      PHYLLOME_STORE: join(folder, 'store'),
      npm_config_loglevel: 'silent',
    },
  };
  await execa('git', ['clone', '-q', '--depth', '1', `file://${root}`, stage.root]);
  await execa('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: stage.root, stdin: 'ignore' });
  return stage;
}

/** The report of the last session, and a terminal on which an ISO is made. */
async function takePictures(stage: Stage, folder: string): Promise<void> {
  const pictures = join(root, 'docs/pictures');
  await mkdir(pictures, { recursive: true });
  const report = join(stage.root, 'dist/iso-n/test-vm/uefi/report.html');
  if (existsSync(report)) await photograph(report, join(pictures, 'report.png'));
  const own = { ...stage, env: { ...stage.env, PHYLLOME_STORE: join(folder, 'store-of-pictures') } };
  const frames = await film('pnpm phyllome rehearse n', own, folder);
  await writeFile(join(pictures, 'session.svg'), animate(frames, 'An ISO of the nano edition is rehearsed'));
}

async function photograph(report: string, path: string): Promise<void> {
  await using browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1100, height: 760 } });
  await page.goto(`file://${report}`);
  await page.screenshot({ path });
}

const names = process.argv.slice(2);
const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
await using folder = await mkdtempDisposable(join(tmpdir(), 'phyllome-sessions-'));
const stage = await clone(folder.path);
const recordings = await recorded();
for (const session of sessions.filter(({ name }) => isWanted(name))) {
  process.stdout.write(`${session.name}\n`);
  recordings.set(session.name, await play(session, stage));
  await writeFile(join(here, 'README.md'), pageOf(recordings));
}
if (isWanted('pictures')) await takePictures(stage, folder.path);
