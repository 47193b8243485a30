import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { imageInputs } from '../image-inputs.ts';
import { openWorkspace } from '../workspace.ts';
import { inputsDigest } from './inputs.ts';
import { type ImageRequest, planImage } from './plan.ts';

const root = resolve(import.meta.dirname, '../../../..');
const env = { PHYLLOME_BUILDER: 'rehearsal' };
const workspace = openWorkspace(root);

/** The digest by which the store finds edition l. */
function planned(request: Partial<ImageRequest> = {}, changed: Record<string, (text: string) => string> = {}): string {
  const readFile = (path: string): string | undefined => {
    const text = workspace.readFile(path);
    return text === undefined ? undefined : (changed[path]?.(text) ?? text);
  };
  return planImage({ ...workspace, readFile }, 'l', { profile: 'draft', env, ...request }).inputs;
}

/** Another value of each variable that decides an ISO, as a build is asked for with it. */
const others: Record<(typeof imageInputs.variables)[number], Partial<ImageRequest>> = {
  PHYLLOME_BUILDER: { env: { PHYLLOME_BUILDER: 'fedora' } },
  PHYLLOME_EXTRA_BOOT_ARGS: { extraBootArgs: 'quiet' },
  PHYLLOME_LOCK: { env: { ...env, PHYLLOME_LOCK: 'exact' } },
  PHYLLOME_NETWORK: { env: { ...env, PHYLLOME_NETWORK: 'none' } },
  SOURCE_DATE_EPOCH: { env: { ...env, SOURCE_DATE_EPOCH: '1' } },
};

test.each(imageInputs.variables)('with another %s it is another ISO', (variable) => {
  expect(planned(others[variable])).not.toBe(planned());
});

/** Another text of each file that decides an ISO. */
const otherTexts: Record<(typeof imageInputs.files)[number], (text: string) => string> = {
  'containers/build-date': () => '2020-02-20\n',
  'release.json': (text) => text.replace(/sha256:[0-9a-f]{4}/u, 'sha256:0000'),
};

test.each(imageInputs.files)('with another %s it is another ISO', (file) => {
  const request = { env: { PHYLLOME_BUILDER: 'fedora' } };
  expect(planned(request, { [file]: otherTexts[file] })).not.toBe(planned(request));
});

test('a system that livemedia-creator is part of is not its image', () => {
  const fedora = { PHYLLOME_BUILDER: 'fedora' };
  const [docker, podman, host] = ['docker', 'podman', 'host'].map((engine) =>
    planned({ env: { ...fedora, PHYLLOME_ENGINE: engine } }),
  );
  expect(docker).toBe(podman);
  expect(host).not.toBe(docker);
});

test.each([
  ['said in full', { ...env, PHYLLOME_LOCK: 'prefer', PHYLLOME_NETWORK: 'full' }],
  ['a limit', { ...env, PHYLLOME_SCRIPT_TIMEOUT: '60' }],
  ['where the store is', { ...env, PHYLLOME_STORE: '/elsewhere' }],
])('%s, it is the same ISO', (_, given) => {
  expect(planned({ env: given })).toBe(planned());
});

test('other code makes another ISO', () => {
  const inputs = {
    kickstart: 'a',
    builder: { name: 'rehearsal', contextDigest: 'b' },
    executor: 'container',
    network: 'full',
    profile: 'draft',
    volid: 'c',
    extraBootArgs: '',
    sourceDateEpoch: 0,
  } as const;
  expect(inputsDigest(inputs, 'sha256:1')).not.toBe(inputsDigest(inputs, 'sha256:2'));
  expect(inputsDigest(inputs, 'sha256:1')).toBe(inputsDigest({ ...inputs }, 'sha256:1'));
});
