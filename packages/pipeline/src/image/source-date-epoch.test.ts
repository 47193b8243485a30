import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sourceDateEpoch, sourcesOf } from './source-date-epoch.ts';

let root: string;
let day = 0;
const git = (...args: string[]): void => {
  const date = `${1_700_000_000 + day} +0000`;
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.invalid', '-c', 'commit.gpgsign=false'];
  const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  execFileSync('git', [...who, ...args], { cwd: root, env, stdio: 'pipe' });
};
/** Changes a file, and says which time that gives an ISO of edition l by the rehearsal builder. */
const changed = async (path: string): Promise<number | undefined> => {
  day += 1;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await appendFile(join(root, path), `${day}\n`);
  git('add', path);
  git('commit', '--quiet', '--message', path);
  const epoch = await sourceDateEpoch(root, sourcesOf('flat/flat-l.cfg', 'rehearsal'), {});
  return epoch && epoch - 1_700_000_000;
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phyllome-epoch-'));
  git('init', '--quiet');
});
afterAll(() => rm(root, { recursive: true }));

test('an ISO bears the time of the last change of what decides it, and of nothing else', async () => {
  const deciding = ['flat/flat-l.cfg', 'containers/rehearsal/packages.lock', 'packages/rehearsal/src/build.ts'];
  for (const path of deciding) expect(await changed(path), path).toBe(day);
  const last = day;
  for (const path of [
    'leaves/l.cfg',
    'flat/flat-ld.cfg',
    'containers/fedora/Containerfile',
    'containers/rehearsal/README.md',
    'packages/rehearsal/src/build.test.ts',
    'packages/rehearsal/test/integration/a.ts',
    'packages/vm-tester/src/index.ts',
  ])
    expect(await changed(path), path).toBe(last);
});

test('SOURCE_DATE_EPOCH says otherwise; outside a checkout there is none', async () => {
  expect(await sourceDateEpoch(root, ['flat'], { SOURCE_DATE_EPOCH: '12' })).toBe(12);
  expect(await sourceDateEpoch('/', ['flat'], {})).toBeUndefined();
});
