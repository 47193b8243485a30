import { generateKeyPairSync } from 'node:crypto';
import { appendFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { type Registry, registryLacks, startRegistry } from '../../../pipeline/test/registry.ts';
import { excessOf, launchBrowser, openPage, violations, waysToSee } from '../../../release/test/browser-page.ts';
import { BROWSERS, findBrowser } from '../../../vm-tester/test/browser.ts';
import { copyWorkTree } from '../checkout.ts';
import { serveDirectory, webServerLacks } from '../web-server.ts';
import { type JobRun, machineEnvironment, type Runner, runWorkflow, type WorkflowRun } from '../workflow-driver.ts';
import { runPhyllome } from '../workspace.ts';

// The workflows as they are checked in, run step by step: every job in a clone of its own, with a home directory and an image
// store of its own. Builds are rehearsals, and of all editions only `l` is built: nine more would prove the same again. What
// the jobs share is what machines share: a container engine, a package manager's downloads, the network, and for releases a
// registry.

const browserLacks = findBrowser() === undefined ? [BROWSERS.join(' or ')] : [];
const lacks = [...registryLacks, ...webServerLacks, ...browserLacks];
if (lacks.length > 0) process.stdout.write(`left out, as ${lacks.join(', ')} is missing: the workflows\n`);
const isLeftOut = lacks.length > 0 && process.env['CI'] !== 'true';

const Releases = z.looseObject({
  releases: z.array(z.looseObject({ editions: z.array(z.looseObject({ iso: z.object({ path: z.string() }) })) })),
});

const hour = 3_600_000;
/** Forgejo's of a tag and GitHub's of a pull request: a test holds the two kinds together. */
const readWorkflow = (path: string): Promise<string> =>
  readFile(resolve(import.meta.dirname, '../../../..', path), 'utf8');

const resources = new AsyncDisposableStack();
let directory: string;
/** Where the commits are made. */
let work: string;
let runner: Runner;
let registry: Registry;

const git = async (...args: string[]): Promise<string> =>
  (await execa('git', ['-c', 'user.name=Tester', '-c', 'user.email=tester@phyllome.example', ...args], { cwd: work }))
    .stdout;

beforeAll(async () => {
  if (isLeftOut) return;
  directory = resources.use(await temporaryDirectory('workflows-')).path;
  registry = resources.use(await startRegistry());
  work = join(directory, 'work');
  await mkdir(work);
  await copyWorkTree(work);
  await git('init', '--quiet', '--initial-branch=main');
  await git('commit', '--quiet', '--allow-empty', '--message', 'What was released before');
  await git('tag', '44.0');
  // Also what is ignored and yet there, as in the repository itself.
  await git('add', '--all', '--force');
  await git('commit', '--quiet', '--message', 'What is released');
  await git('tag', '44.1');
  const origin = join(directory, 'origin.git');
  await execa('git', ['clone', '--quiet', '--bare', work, origin]);
  await git('remote', 'add', 'origin', origin);
  const packages = await execa('pnpm', ['store', 'path'], { cwd: work });
  const host = inject('dockerHost');
  const machine = {
    ...machineEnvironment(process.env),
    PNPM_CONFIG_STORE_DIR: packages.stdout,
    ...(host === '' ? {} : { DOCKER_HOST: host }),
  };
  runner = {
    origin,
    machine,
    picks: ({ edition }) => edition === 'l',
    log: (line) => void process.stdout.write(`${line}\n`),
  };
}, hour);
afterAll(() => resources.disposeAsync());

/** Fails with the output of the step that failed. */
function expectSuccess(jobs: Record<string, JobRun[]>): void {
  for (const { name, steps } of Object.values(jobs).flat())
    for (const { name: step, result, output } of steps)
      expect(result, `${name} / ${step}\n${output}`).not.toBe('failure');
  for (const { name, result } of Object.values(jobs).flat()) expect([name, result]).toEqual([name, 'success']);
}

const step = (jobs: Record<string, JobRun[]>, job: string, name: string) =>
  jobs[job]?.[0]?.steps.find((one) => one.name === name);

/** The machine trusts the registry as well as everybody else. */
async function trusting(): Promise<Record<string, string>> {
  const known = runner.machine['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt';
  const all = join(directory, 'certificates.pem');
  await writeFile(all, await readFile(known));
  await appendFile(all, await readFile(registry.env['SSL_CERT_FILE'] ?? ''));
  return { ...runner.machine, SSL_CERT_FILE: all };
}

/** Of a branch that changes one leaf. */
async function runFor(branch: string, isFlattened: boolean, picks = runner.picks): Promise<WorkflowRun> {
  const base = await git('rev-parse', 'main');
  await git('checkout', '--quiet', '-b', branch, 'main');
  const script = `\n%post --erroronfail\necho "Changed by ${branch}" >/etc/motd\n%end\n`;
  await appendFile(join(work, 'leaves/l.cfg'), script);
  if (isFlattened) await runPhyllome(work, ['flatten', 'l']);
  await git('commit', '--quiet', '--all', '--message', 'Change one leaf');
  // What a forge offers to test: the branch as it would be merged.
  const merge = await git('commit-tree', 'HEAD^{tree}', '-p', base, '-p', 'HEAD', '-m', 'Merge');
  const ref = `refs/pull/${branch}/merge`;
  await git('push', '--quiet', 'origin', `${merge}:${ref}`);
  const payload = { pull_request: { base: { sha: base } } };
  const event = { name: 'pull_request', ref, payload } as const;
  return resources.use(
    await runWorkflow(await readWorkflow('.github/workflows/pull-request.yml'), event, {
      ...runner,
      ...(picks && { picks }),
    }),
  );
}

describe.skipIf(isLeftOut)('a tag', () => {
  let run: WorkflowRun;
  let releases: Awaited<ReturnType<typeof serveDirectory>>;
  let keyring: string;
  let publicKey: string;

  /** The secrets and variables of a repository that signs, and shares what it builds. */
  async function owner(): Promise<Pick<Runner, 'vars' | 'secrets'>> {
    const gpgHome = join(directory, 'gpg');
    await mkdir(gpgHome, { mode: 0o700 });
    const gpg = async (...args: string[]): Promise<string> =>
      (await execa('gpg', ['--batch', '--homedir', gpgHome, '--passphrase', '', ...args])).stdout;
    await gpg('--quick-generate-key', 'release@phyllome.example', 'ed25519', 'sign', 'never');
    const GPG_PRIVATE_KEY = await gpg('--armor', '--export-secret-keys');
    keyring = join(directory, 'release.asc');
    await writeFile(keyring, `${await gpg('--armor', '--export')}\n`);
    await execa('gpgconf', ['--homedir', gpgHome, '--kill', 'all']);
    const pair = generateKeyPairSync('ed25519');
    publicKey = join(directory, 'release.pem');
    await writeFile(publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }));
    const auths: { auths: Record<string, { auth: string }> } = JSON.parse(
      await readFile(registry.env['REGISTRY_AUTH_FILE'] ?? '', 'utf8'),
    );
    const [user = '', token = ''] = Buffer.from(Object.values(auths.auths)[0]?.auth ?? '', 'base64')
      .toString()
      .split(':');
    return {
      vars: {
        PHYLLOME_BUILDER: 'rehearsal',
        PHYLLOME_SIGNING: 'required',
        PHYLLOME_RELEASES_URL: releases.url,
        PHYLLOME_REMOTE_STORE: registry.repository,
        PHYLLOME_REMOTE_STORE_USER: user,
      },
      secrets: {
        GPG_PRIVATE_KEY,
        PHYLLOME_SIGNING_KEY: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
        PHYLLOME_REMOTE_STORE_TOKEN: token,
      },
    };
  }

  /** What of an earlier release is compared with this one, where releases are served. */
  async function serveLastRelease(): Promise<void> {
    const root = join(directory, 'releases');
    await mkdir(join(root, '44.0/l'), { recursive: true });
    const iso = { name: 'phyllome-l-44-rehearsal.iso', sha256: 'a'.repeat(64), size: 1 };
    const about = { edition: 'l', profile: 'draft', rehearsal: true };
    const edition = {
      ...about,
      title: 'l',
      releasever: '44',
      iso: { ...iso, path: iso.name },
      parts: [],
      evidence: 'l/',
    };
    const documents = {
      'releases.json': {
        version: 1,
        project: 'Phyllome OS',
        releases: [{ tag: '44.0', date: '2026-11-01T00:00:00Z', editions: [{ ...edition, verdicts: [] }] }],
      },
      'l/image.json': { ...iso, ...about, volid: 'L', builder: 'rehearsal' },
      'l/manifest.json': { iso, releasever: '44' },
      'l/packages.json': { packages: [{ name: 'bash', version: '0.1' }] },
    };
    for (const [path, content] of Object.entries(documents))
      await writeFile(join(root, '44.0', path), JSON.stringify(content));
    await writeFile(join(root, '44.0/l/kickstart.cfg'), 'timezone Etc/UTC\n');
    releases = resources.use(await serveDirectory(root));
  }

  beforeAll(async () => {
    await serveLastRelease();
    const event = { name: 'push', ref: 'refs/tags/44.1', payload: {} } as const;
    const more = { ...(await owner()), machine: await trusting() };
    const workflow = await readWorkflow('.forgejo/workflows/release.yml');
    run = resources.use(await runWorkflow(workflow, event, { ...runner, ...more }));
    // What somebody does with the artifact.
    await cp(join(run.artifacts, 'release'), join(directory, 'releases/44.1'), { recursive: true });
  }, hour);

  test('has a job for each edition, and becomes a release', async () => {
    expectSuccess(run.jobs);
    const { include } = JSON.parse(run.jobs['editions']?.[0]?.outputs['matrix'] ?? '');
    expect(include).toHaveLength(10);
    expect(Object.keys(run.jobs)).toEqual(['editions', 'build', 'publish']);
    // Not of a rehearsal, and not of a machine of one's own.
    for (const name of ['Make room on a hosted runner', 'Load what the builder needs of the kernel'])
      expect(step(run.jobs, 'build', name)?.result).toBe('skipped');
    expect((await readdir(run.artifacts)).toSorted()).toEqual(['iso-l', 'release']);
  });

  test('is built, signed, accepted, verified and pushed in one job, and published in another', async () => {
    expect(step(run.jobs, 'build', 'Build')?.output).toContain('Building edition l');
    expect(step(run.jobs, 'build', 'Build')?.output).toContain('Signed: provenance.sigstore.json');
    expect(step(run.jobs, 'build', 'Boot and judge')?.output).toMatch(/accepted/iu);
    // It is built once, and not again to be judged.
    expect(step(run.jobs, 'build', 'Boot and judge')?.output).toMatch(/iso-l:image:draft.*\[local cache\]/u);
    expect(step(run.jobs, 'build', 'Verify')?.output).toContain('all of it is consistent');
    expect(await registry.requests()).toContainEqual(
      expect.stringMatching(/^PUT \/v2\/.*\/manifests\/inputs-\S+ 201$/u),
    );
    expect(step(run.jobs, 'publish', 'Lay out the release')?.output).toContain('This is a REHEARSAL of a release');
  });

  test('is a page that everyone can read, on a desk, in the dark and on a phone, and that says what changed', async () => {
    await using browser = await launchBrowser();
    for (const way of waysToSee) {
      await using opened = await openPage(browser, `${releases.url}44.1/`, way);
      const { page, requests, problems } = opened;
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page.locator('img').last().scrollIntoViewIfNeeded();
      expect([await excessOf(page), await violations(page), problems], JSON.stringify(way)).toEqual([0, [], []]);
      expect(requests.filter((one) => !one.startsWith(releases.url))).toEqual([]);
      const text = await page.locator('main').innerText();
      expect(text).toMatch(/BIOS: accepted\s+UEFI: accepted/u);
      expect(text).toMatch(/1 packages updated, \d{3} added, 0 removed/u);
      expect(text).toContain('44.0, 2026-11-01: 1 editions');
      const shown = await page.locator('img').evaluateAll((all) => all.map((one) => Reflect.get(one, 'naturalWidth')));
      expect(shown.filter((width) => Number(width) > 0)).toHaveLength(2);
    }
  });

  test('is downloaded from a web server, and verified, by somebody who has the public keys', async () => {
    const home = join(directory, 'user');
    await mkdir(home, { mode: 0o700 });
    const url = `${releases.url}44.1/`;
    const user = (program: string, ...args: string[]) =>
      execa(program, args, { cwd: home, env: { GNUPGHOME: home }, reject: false, all: true, stdin: 'ignore' });
    const download = (path: string) =>
      user('curl', '--fail', '--silent', '--show-error', '--remote-name', `${url}${path}`);

    const index = await fetch(url);
    expect([index.status, index.headers.get('content-type')]).toEqual([200, 'text/html']);
    const page = await index.text();
    expect(page).toContain('This is a rehearsal.');
    const listing = Releases.parse(await (await fetch(`${url}releases.json`)).json());
    expect(listing).toMatchObject({
      releases: [{ tag: '44.1', editions: [{ edition: 'l', profile: 'draft' }] }, { tag: '44.0' }],
    });
    const iso = listing.releases[0]?.editions[0]?.iso.path ?? '';
    // Everything that the page names is there.
    for (const [, path = ''] of page.matchAll(/(?:href|src)="(?!data:)([^"#]+)"/gu)) {
      const answer = await fetch(new URL(path, url), { method: 'HEAD' });
      expect([path, answer.status]).toEqual([path, 200]);
    }

    for (const path of [iso, 'CHECKSUM', 'l/evidence.tar']) expect(await download(path)).toMatchObject({ exitCode: 0 });
    expect(await user('gpg', '--batch', '--import', keyring)).toMatchObject({ exitCode: 0 });
    const signature = await user('gpg', '--batch', '--verify', 'CHECKSUM');
    expect([signature.exitCode, signature.all]).toEqual([0, expect.stringContaining('Good signature')]);
    const sums = await user('sha256sum', '--check', '--ignore-missing', 'CHECKSUM');
    expect([sums.exitCode, sums.stdout]).toEqual([0, `${iso}: OK`]);

    expect(await user('sh', '-c', `tar -xf evidence.tar && mv ${iso} iso-l/`)).toMatchObject({ exitCode: 0 });
    const verified = await runPhyllome(home, ['verify', 'iso-l', '--key', publicKey]);
    expect([verified.exitCode, verified.all]).toEqual([0, expect.stringContaining('It is authentic')]);
    await user('sh', '-c', `printf X | dd of=iso-l/${iso} bs=1 seek=1000000 conv=notrunc`);
    const changed = await runPhyllome(home, ['verify', 'iso-l', '--key', publicKey]);
    expect([changed.exitCode, changed.all]).toEqual([1, expect.stringContaining('WRONG  iso')]);
    await user('gpgconf', '--kill', 'all');
  });
});

describe.skipIf(isLeftOut)('a pull request', () => {
  test(
    'that changes one leaf is checked, and the edition that it reaches is built and judged',
    async () => {
      const { jobs, artifacts } = await runFor('1', true);
      expectSuccess(jobs);
      const outputs = jobs['affected']?.[0]?.outputs ?? {};
      expect(JSON.parse(outputs['matrix'] ?? '')).toEqual({ include: [{ edition: 'l', project: 'iso-l' }] });
      expect(jobs['rehearse']?.map(({ name }) => name)).toEqual(['rehearse (l)']);
      expect(step(jobs, 'rehearse', 'Build')?.output).toContain('Building edition l');
      const sarif = JSON.parse(await readFile(join(artifacts, 'lint/lint.sarif'), 'utf8'));
      expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ results: [] }] });
      const verdict = JSON.parse(await readFile(join(artifacts, 'verdict-l/bios/verdict.json'), 'utf8'));
      expect(verdict).toMatchObject({ status: 'accepted' });
      expect(await readdir(join(artifacts, 'verdict-l/bios'))).toContain('report.html');
    },
    hour,
  );

  test(
    'whose flat kickstart is stale fails where that is checked, and goes no further',
    async () => {
      const { jobs } = await runFor('2', false, () => false);
      const ended = jobs['kickstarts']?.[0]?.steps.map(({ name, result }) => [name, result]);
      expect(ended?.slice(-4)).toEqual([
        ['Flatten every leaf and compare with what is committed', 'failure'],
        ['Validate', 'skipped'],
        ['Lint', 'skipped'],
        ['Keep the findings', 'success'],
      ]);
      expect(step(jobs, 'kickstarts', 'Flatten every leaf and compare with what is committed')?.output).toContain(
        'error[FLAT_STALE] flat/flat-l.cfg',
      );
    },
    hour,
  );
});
