import { mkdtemp, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { imageInputs } from '../image-inputs.ts';
import { installerOf } from '../leaves.ts';
import { readRelease, releaseText } from '../release.ts';
import { openWorkspace } from '../workspace.ts';
import { inputsDigest } from './inputs.ts';
import { type ImageRequest, planImage } from './plan.ts';

const root = resolve(import.meta.dirname, '../../../..');
const env = { PHYLLOME_BUILDER: 'rehearsal' };
const workspace = openWorkspace(root);

/** The digest by which the store finds edition l. */
async function planned(
  request: Partial<ImageRequest> = {},
  changed: Record<string, (text: string) => string> = {},
): Promise<string> {
  const readFile = (path: string): string | undefined => {
    const text = workspace.readFile(path);
    return text === undefined ? undefined : (changed[path]?.(text) ?? text);
  };
  return (await planImage({ ...workspace, readFile }, 'l', { profile: 'draft', env, ...request })).inputs;
}

/** Another value of each variable that decides an ISO, as a build is asked for with it. */
const others: Record<(typeof imageInputs.variables)[number], Partial<ImageRequest>> = {
  PHYLLOME_BUILDER: { env: { PHYLLOME_BUILDER: 'fedora' } },
  PHYLLOME_EXTRA_BOOT_ARGS: { extraBootArgs: 'quiet' },
  PHYLLOME_LOCK: { env: { ...env, PHYLLOME_LOCK: 'exact' } },
  PHYLLOME_NETWORK: { env: { ...env, PHYLLOME_NETWORK: 'none' } },
  PHYLLOME_UNATTENDED: { unattended: true },
  SOURCE_DATE_EPOCH: { env: { ...env, SOURCE_DATE_EPOCH: '1' } },
};

test.each(imageInputs.variables)('with another %s it is another ISO', async (variable) => {
  expect(await planned(others[variable])).not.toBe(await planned());
});

/** Another text of each file that decides an ISO. */
const otherTexts: Record<(typeof imageInputs.files)[number], (text: string) => string> = {
  'containers/build-date': () => '2020-02-20\n',
  'release.json': (text) => text.replace(/sha256:[0-9a-f]{4}/u, 'sha256:0000'),
};

test.each(imageInputs.files)('with another %s it is another ISO', async (file) => {
  const request = { env: { PHYLLOME_BUILDER: 'fedora' } };
  expect(await planned(request, { [file]: otherTexts[file] })).not.toBe(await planned(request));
});

test('an installer medium is of the installer that is pinned', async () => {
  const request = { profile: 'draft', env: { PHYLLOME_BUILDER: 'fedora' } } as const;
  const pinned = (sha256: string) => {
    const release = releaseText({ ...readRelease(workspace), installer: { name: 'netinst.iso', sha256 } });
    const readFile = (path: string) => (path === 'release.json' ? release : workspace.readFile(path));
    return { ...workspace, readFile };
  };
  const edition = installerOf('s');
  await expect(planImage(workspace, edition, request)).rejects.toMatchObject({ code: 'INSTALLER_NOT_MADE' });
  const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];
  const plan = await planImage(pinned(first), edition, request);
  expect(plan.installer).toEqual({ name: 'netinst.iso', sha256: first });
  expect((await planImage(pinned(second), edition, request)).inputs).not.toBe(plan.inputs);
  // A rehearsal has a medium of its own, and a live ISO none.
  expect((await planImage(pinned(first), edition, { ...request, env })).installer).toBeUndefined();
  expect((await planImage(pinned(first), 'l', request)).installer).toBeUndefined();
});

test('a system that livemedia-creator is part of is not its image', async () => {
  const fedora = { PHYLLOME_BUILDER: 'fedora' };
  const [docker, podman, host] = await Promise.all(
    ['docker', 'podman', 'host'].map((engine) => planned({ env: { ...fedora, PHYLLOME_ENGINE: engine } })),
  );
  expect(docker).toBe(podman);
  expect(host).not.toBe(docker);
});

test('on another system it is another ISO, and where nobody can say which system it is, each time', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'plan-'));
  const fedora = { PHYLLOME_BUILDER: 'fedora', PHYLLOME_ENGINE: 'host' };
  const on = (path: string): Promise<string> => planned({ env: { ...fedora, PATH: path } });
  const rpm = async (packages: string): Promise<string> => {
    const bin = await mkdtemp(join(directory.path, 'bin-'));
    await writeFile(join(bin, 'rpm'), `#!/bin/sh\nprintf '%s\\n' ${packages}\n`, { mode: 0o755 });
    return bin;
  };
  const [first, same, other] = [await rpm('lorax-43'), await rpm('lorax-43'), await rpm('lorax-44')];
  expect(await on(first)).toBe(await on(same));
  expect(await on(first)).not.toBe(await on(other));
  const none = await mkdtemp(join(directory.path, 'bin-'));
  expect(await on(none)).not.toBe(await on(none));
  // As many packages, and another program.
  await writeFile(join(same, 'livemedia-creator'), '#!/bin/sh\n', { mode: 0o755 });
  expect(await on(first)).not.toBe(await on(same));
});

test.each([
  ['said in full', { ...env, PHYLLOME_LOCK: 'prefer', PHYLLOME_NETWORK: 'full' }],
  ['a limit', { ...env, PHYLLOME_SCRIPT_TIMEOUT: '60' }],
  ['where the store is', { ...env, PHYLLOME_STORE: '/elsewhere' }],
])('%s, it is the same ISO', async (_, given) => {
  expect(await planned({ env: given })).toBe(await planned());
});

test('other code makes another ISO', () => {
  const inputs = {
    kickstart: 'a',
    builder: { name: 'rehearsal', contextDigest: 'b' },
    executor: 'container',
    network: 'full',
    profile: 'draft',
    volid: 'c',
    project: 'P',
    extraBootArgs: '',
    sourceDateEpoch: 0,
  } as const;
  expect(inputsDigest(inputs, 'sha256:1')).not.toBe(inputsDigest(inputs, 'sha256:2'));
  expect(inputsDigest(inputs, 'sha256:1')).not.toBe(inputsDigest({ ...inputs, project: 'Q' }, 'sha256:1'));
  expect(inputsDigest(inputs, 'sha256:1')).toBe(inputsDigest({ ...inputs }, 'sha256:1'));
});
