import { hash } from 'node:crypto';
import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { isName } from '@phyllome/host/names';
import { imageInputs } from '@phyllome/pipeline/image-inputs';
import { configNames } from '@phyllome/pipeline/config/load';
import { recordedPath } from '@phyllome/pipeline/recorded-packages';
import {
  distPath,
  editionOf,
  flatPath,
  installerOf,
  leafPath,
  mapPath,
  type NameWords,
  traitsOf,
} from '@phyllome/pipeline/leaves';
import { codeBehind, codeOf } from './code.ts';

type Inputs = NonNullable<TargetConfiguration['inputs']>;

/**
 * What decides the output of `phyllome flatten`, leaves apart: the flattener, and of the pipeline the part that reads a
 * checkout, which is beside the folders that build and keep ISOs.
 */
const FLATTENER: Inputs = [
  ...codeBehind('flattener', 'host'),
  '{workspaceRoot}/packages/pipeline/src/*.ts',
  '!{workspaceRoot}/packages/pipeline/src/*.test.ts',
  '{workspaceRoot}/release.json',
  { externalDependencies: ['write-file-atomic', 'zod'] },
];

/**
 * The configuration of the project. What it decides of an ISO is in `builder.json`, which every image reads: to edit the
 * title of an edition rebuilds none.
 */
const CONFIG: Inputs = configNames.map((name) => `{workspaceRoot}/${name}`);

/** What else decides whether `phyllome validate` succeeds: which rules are errors there. */
const LINT: Inputs = [{ input: 'production', projects: ['@phyllome/cli'] }];

/** What decides the output of `phyllome image`, the flat kickstart and what the builder's image is made of apart. */
const BUILDER: Inputs = [
  ...codeOf(imageInputs.code),
  ...imageInputs.files.map((file) => `{workspaceRoot}/${file}`),
  ...imageInputs.variables.map((env) => ({ env })),
];

/** What decides the verdict of `phyllome test-vm`, the image apart. */
const TESTER: Inputs = [
  ...codeBehind('vm-tester'),
  // The machine that judges: QEMU, firmware, accelerator. By its path: not everybody has node_modules/.bin on the PATH.
  { runtime: 'node_modules/.bin/phyllome tester' },
  { externalDependencies: ['vitest'] },
  '{workspaceRoot}/packages/cli/src/judging/**/*',
  '!{workspaceRoot}/packages/cli/src/judging/**/*.test.ts',
  '{workspaceRoot}/packages/cli/src/commands/test-vm.ts',
  '{workspaceRoot}/packages/pipeline/src/leaves.ts',
  '{workspaceRoot}/vitest.config.ts',
  '{workspaceRoot}/acceptance/**/*',
  '!{workspaceRoot}/acceptance/**/*.md',
  '!{workspaceRoot}/acceptance/**/*.test.ts',
];

/**
 * An ISO is built and judged in one profile: Nx hands the configuration that was asked for on to the tasks before. Both
 * profiles are in the same directory, one at a time, and `image.json` says which: `build` replaces the ISO of the other,
 * and `test-vm` refuses it.
 */
const PROFILES = {
  configurations: { draft: { args: '--profile draft' }, release: { args: '--profile release' } },
  defaultConfiguration: 'draft',
} satisfies TargetConfiguration;

/** What `phyllome image` leaves in `dist/iso-<edition>/`, the ISO apart. */
const EVIDENCE = [
  'image.json',
  'manifest.json',
  'CHECKSUM',
  '*.iso.sha256',
  'packages.json',
  'sbom.spdx.json',
  'provenance.intoto.json',
  'logs',
];

/** What a leaf is, beside its name. Paths are relative to the workspace. */
export interface LeafFacts {
  /** What it reads, itself first. */
  readonly files: readonly string[];
  /** What decides what it flattens to. */
  readonly inputs: readonly string[];
  /** What names stand for in this workspace. */
  readonly words: NameWords;
}

/** The Nx project `iso-<edition>` of the live leaf `name`. */
export function liveProject(name: string, { files, inputs, words }: LeafFacts): ProjectConfiguration {
  const edition = editionOf(name);
  return {
    ...project(
      `iso-${edition}`,
      name,
      `Live ISO of edition ${edition}, from ${leafPath(name)} and ${files.length - 1} blocks`,
    ),
    tags: ['type:iso', `edition:${edition}`, ...traitsOf(name, words)],
    namedInputs: namedInputsOf(inputs),
    targets: {
      ...kickstartTargets(name),
      ...mediumTargets(edition, { image: 'image', build: 'build' }, `ISO of ${edition}`),
      'test-vm': {
        ...phyllome(
          ['test-vm', edition],
          `Boot the ISO of ${edition} under BIOS and UEFI and run the specs of acceptance/`,
        ),
        dependsOn: ['image', 'build'],
        inputs: [...TESTER, { dependentTasksOutputFiles: '**/image.json' }],
        outputs: [`{workspaceRoot}/dist/iso-${edition}/test-vm`],
        ...PROFILES,
        parallelism: false,
      },
    },
  };
}

/**
 * Building an ISO, and having it in `dist/`.
 *
 * @param iso its name, as phyllome knows it: `dhi`, `install-dhi`
 * @param names of the two targets
 * @param what in the words of a description
 */
function mediumTargets(
  iso: string,
  names: { image: string; build: string },
  what: string,
): Record<string, TargetConfiguration> {
  const out = `{workspaceRoot}/${distPath(iso)}`;
  return {
    [names.image]: {
      ...phyllome(['image', iso], `Build the ${what} in a container and put it into the image store`),
      dependsOn: ['flatten', { projects: ['builder'], target: 'identify' }],
      // Leaves count through the flat kickstart alone: a new comment in a leaf rebuilds nothing. Likewise containers/
      // through the chosen builder: the packages that a rehearsal locks are nothing to Fedora's.
      inputs: [
        ...BUILDER,
        `{workspaceRoot}/${recordedPath(iso, '*')}`,
        { dependentTasksOutputFiles: '**/flat-*.cfg' },
        { dependentTasksOutputFiles: '**/builder.json' },
      ],
      outputs: EVIDENCE.map((file) => `${out}/${file}`),
      ...PROFILES,
      parallelism: false,
    },
    [names.build]: {
      ...phyllome(['build', iso], `Link the ${what} from the image store into dist/`),
      dependsOn: [names.image],
      // Never cached: it takes milliseconds and brings the ISO back when dist/ was deleted. An ISO in Nx's cache
      // would be copied twice, and read into memory whole by a remote cache.
      cache: false,
      inputs: [{ dependentTasksOutputFiles: '**/image.json' }],
      outputs: [],
      ...PROFILES,
    },
  };
}

/** What decides what an installer medium makes of an empty disk, beside the medium and what judges the disk. */
const DEPLOYER: Inputs = [
  ...codeBehind('deploy'),
  '{workspaceRoot}/packages/cli/src/commands/deploy.ts',
  '{workspaceRoot}/packages/cli/src/installer-medium.ts',
  { env: 'PHYLLOME_PASSPHRASE_FILE' },
];

/**
 * The Nx project `install-<edition>` of the unattended-install leaf `name`: an installer medium, which is tested by
 * installing an empty disk from it, and judging that. Its targets have names of their own: `nx run-many -t build` is for
 * live ISOs, which every builder makes.
 */
export function installProject(name: string, { files, inputs, words }: LeafFacts): ProjectConfiguration {
  return {
    ...project(
      `install-${name}`,
      name,
      `Unattended-install kickstart of edition ${name}, from ${leafPath(name)} and ${files.length - 1} blocks`,
    ),
    tags: ['type:install', `edition:${name}`, ...traitsOf(name, words)],
    namedInputs: namedInputsOf(inputs),
    targets: {
      ...kickstartTargets(name),
      ...mediumTargets(installerOf(name), { image: 'installer-image', build: 'installer' }, `installer ISO of ${name}`),
      'test-installer': {
        ...phyllome(
          ['deploy', name, '--with', 'qemu', '--replace'],
          `Install an empty disk from the installer ISO of ${name}, boot it and run the specs of acceptance/`,
        ),
        dependsOn: ['installer-image', 'installer'],
        inputs: [...TESTER, ...DEPLOYER, { dependentTasksOutputFiles: '**/image.json' }],
        outputs: ['logs', 'test-vm'].map((file) => `{workspaceRoot}/dist/install-${name}/${file}`),
        // Of the medium that it installs from; `phyllome deploy` itself has no profiles.
        configurations: { draft: {}, release: {} },
        defaultConfiguration: 'draft',
        parallelism: false,
      },
    },
  };
}

/**
 * Prints where builds run: `container`, or what `PHYLLOME_ISOLATION=host` means today. Asked at every run of Nx that builds, so
 * that the shell says what it knows. The path of Node: not everybody's runs TypeScript.
 */
const EXECUTOR =
  'if [ "$PHYLLOME_ENGINE" = host ] || [ "$PHYLLOME_ISOLATION" = host ]; then node_modules/.bin/node packages/nx-plugin/src/executor.ts; else echo container; fi';

/** The target of the project `builder`, which `containers/` is: which builder is chosen, and what its image is made of. */
export function builderTargets(): Record<string, TargetConfiguration> {
  return {
    identify: {
      ...phyllome(['builder'], 'Say which builder is chosen, and what its image is made of'),
      command: 'phyllome builder --output dist/builder.json',
      inputs: [
        '{projectRoot}/**/*',
        '!{projectRoot}/**/*.md',
        '!{projectRoot}/build-date',
        '!{projectRoot}/*-packages/**',
        // Not a builder.
        '!{projectRoot}/phyllome/**',
        '{workspaceRoot}/release.json',
        ...CONFIG,
        ...codeOf(imageInputs.code),
        { env: 'PHYLLOME_BUILDER' },
        { env: 'PHYLLOME_ENGINE' },
        { env: 'PHYLLOME_ISOLATION' },
        { runtime: EXECUTOR },
        { env: 'PHYLLOME_LOCK' },
      ],
      outputs: ['{workspaceRoot}/dist/builder.json'],
    },
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

/** Once a project, for both of its targets that read them: Nx hands all projects to each of its commands. */
const namedInputsOf = (leaves: readonly string[]): { leaves: string[] } => ({
  leaves: leaves.map((file) => `{workspaceRoot}/${file}`),
});

function kickstartTargets(name: string): Record<string, TargetConfiguration> {
  return {
    flatten: {
      executor: '@phyllome/nx-plugin:flatten',
      options: { leaf: name },
      cache: true,
      metadata: { description: `Flatten ${leafPath(name)} into ${flatPath(name)}` },
      inputs: ['leaves', ...FLATTENER],
      outputs: [`{workspaceRoot}/${flatPath(name)}`, `{workspaceRoot}/${mapPath(name)}`],
    },
    validate: {
      ...phyllome(['validate', name], `Check ${leafPath(name)} and that its flat kickstart is fresh`),
      // Never cached. It reads what `flatten` writes and must not depend on it, or a stale file could not be found. Nx
      // hashes at the start of a run, before `flatten` of the same run has changed the file: it would keep the success
      // of the new one for the old one. The inputs say what is affected.
      cache: false,
      inputs: [
        'leaves',
        `{workspaceRoot}/${flatPath(name)}`,
        '{workspaceRoot}/leaves/lint.json',
        ...CONFIG,
        ...FLATTENER,
        ...LINT,
      ],
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
  const target = {
    ...phyllome(['refuse-leaf', coded], 'Say why the leaf cannot have its name'),
    cache: false,
    // Without any, Nx looks for the files of a project that has none, and ends.
    inputs: [],
  };
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
  const unsafe = words.find((word) => !isName('file', word) && !/^--[a-z-]+$/u.test(word));
  if (unsafe !== undefined) throw new TypeError(`${JSON.stringify(unsafe)} is not a word for a command`);
  return {
    command: ['phyllome', ...words].join(' '),
    options: { cwd: '{workspaceRoot}' },
    cache: true,
    metadata: { description },
  } satisfies TargetConfiguration;
}
