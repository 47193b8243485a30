import { configNames } from '@phyllome/pipeline/config/load';
import { type Target, distributions } from '@phyllome/pipeline';
import project from '../../package.json' with { type: 'json' };
import { isolatePlugins, nodePackages, nxVersion, pnpmVersion } from './versions.ts';
import type { Names } from './names.ts';

/** How a new workspace comes by the tools: from the registry, or from a checkout of them on this machine. */
export interface Tools {
  /** Version ranges, or `link:/path`, by package. */
  dependencies: Record<string, string>;
}

/** Has the type of a configuration. */
const typesModule = `${project.name}/config`;

/** A first edition, for texts that name one. */
const edition = 'base';

/** What a workspace has beside kickstarts and builders. */
export function workspaceFiles(
  { name, title, volumeId }: Names,
  tools: Tools,
  { distribution }: Pick<Target, 'distribution'>,
): Record<string, string> {
  return {
    'package.json': json({
      name,
      version: '0.0.0',
      private: true,
      description: `Turns kickstarts into tested, bootable images of ${title}`,
      type: 'module',
      scripts: {
        lint: 'phyllome lint',
        // As in this project's own package.json: a remote cache that is down does not end Nx.
        nx: 'env=$(phyllome check-files --env) && exec env $env nx',
      },
      devDependencies: { ...tools.dependencies, nx: nxVersion },
      optionalDependencies: nodePackages,
      packageManager: `pnpm@${pnpmVersion}`,
    }),
    'pnpm-workspace.yaml': `packages: []

# Every dependency works without its install script.
allowBuilds:
  cpu-features: false
  esbuild: false
  nx: false
  protobufjs: false
  ssh2: false

pmOnFail: ignore
`,
    'nx.json': json({
      $schema: './node_modules/nx/schemas/nx-schema.json',
      defaultBase: 'main',
      analytics: false,
      neverConnectToCloud: true,
      plugins: ['@phyllome/nx-plugin'],
      namedInputs: { default: ['{projectRoot}/**/*'], production: ['{projectRoot}/**/*'] },
    }),
    [configNames[0]]: configText({ title, volumeId }),
    '.env': `# Nx reads this file. Without its daemon it would start each plugin in a process of its own, only to read leaves once.
${isolatePlugins}
`,
    '.gitignore': `node_modules/
dist/
.nx/
# Which builder this machine uses: PHYLLOME_BUILDER=${distribution} or rehearsal.
.env.local
*.iso
# Written beside each flat kickstart: where its lines come from.
flat/*.map.json
/release/
`,
    '.gitattributes': 'leaves/** text eol=lf\nflat/** -text\n',
    '.editorconfig': `root = true

[*]
charset = utf-8
end_of_line = lf
indent_style = space
indent_size = 2
insert_final_newline = true
trim_trailing_whitespace = true

[flat/**]
insert_final_newline = unset
trim_trailing_whitespace = unset
`,
    '.github/workflows/pull-request.yml': workflow,
    'README.md': readme(title, distributions[distribution].name),
  };
}

/**
 * `phyllome.config.ts` of a project.
 *
 * @param editions whose names are not made of letters
 */
export function configText(
  { title, volumeId }: Pick<Names, 'title' | 'volumeId'>,
  editions: Readonly<Record<string, { traits: readonly string[] }>> = {},
): string {
  const rows = Object.entries(editions).map(
    ([name, { traits }]) =>
      `    ${/^[a-z]\w*$/u.test(name) ? name : quoted(name)}: { traits: [${traits.map(quoted).join(', ')}] },\n`,
  );
  return `import type { ProjectConfig } from '${typesModule}';

/** What ${title} decides for itself. Which release it is for stands in release.json. */
export default {
  title: ${quoted(title)},
  volumeId: ${quoted(volumeId)},
  // What letters of editions' names stand for, as { d: 'desktop' }: Nx tags and checks go by these words.
  letters: {},${rows.length === 0 ? '' : `\n  editions: {\n${rows.join('')}  },`}
  // An edition is judged by its boot alone.
  checks: false,
} satisfies ProjectConfig;
`;
}

const readme = (title: string, distribution: string): string => `# ${title}

Kickstarts in \`leaves/\` become tested, bootable ISOs:

\`\`\`sh
pnpm install
pnpm phyllome flatten                 # leaves/*.cfg -> flat/flat-*.cfg: review it, commit it
pnpm phyllome lint                    # what is wrong, and how to fix it
pnpm phyllome builder pin             # which image of ${distribution} builds: release.json has it
pnpm nx build iso-${edition}              # the ISO, in dist/iso-${edition}/
pnpm nx test-vm iso-${edition}            # boots it under BIOS and UEFI
pnpm phyllome doctor                  # what this machine lacks for that
\`\`\`

Where ${distribution} cannot be reached, \`PHYLLOME_BUILDER=rehearsal\` in the environment or in \`.env.local\` builds of Debian's
counterparts: that proves the kickstarts' logic, and is not ${title}. It takes Docker or Podman, mmdebstrap and, to test,
QEMU with OVMF.

A leaf \`l<edition>.cfg\` is a live medium, any other installs unattended; blocks are included. \`phyllome.config.ts\` has
names and checks, \`release.json\` the release, \`containers/\` what builders are made of.
`;

/** Nothing in it has a secret: a stranger's pull request may run it. */
const workflow = `# Nothing here has a secret: a stranger's pull request may run it.
name: pull request
on:
  pull_request:
permissions:
  contents: read
env:
  PHYLLOME_BUILDER: rehearsal
  # The leaves of a stranger get no network.
  PHYLLOME_NETWORK: none
  NX_DAEMON: 'false'
jobs:
  kickstarts:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    outputs:
      matrix: \${{ steps.matrix.outputs.matrix }}
      any: \${{ steps.matrix.outputs.any }}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - name: Set up
        run: npm install --global pnpm@${pnpmVersion} && pnpm install --frozen-lockfile
      - name: Flatten every leaf and compare with what is committed
        run: pnpm phyllome flatten --check
      - name: Validate
        run: pnpm phyllome validate
      - name: Name the editions that the change reaches
        id: matrix
        env:
          BASE: \${{ github.event.pull_request.base.sha }}
        run: |
          matrix=$(pnpm --silent phyllome matrix --affected "$BASE" --json)
          echo "matrix=$matrix" >>"$GITHUB_OUTPUT"
          case $matrix in *'"include":[]'*) echo any=false ;; *) echo any=true ;; esac >>"$GITHUB_OUTPUT"
  rehearse:
    needs: kickstarts
    if: needs.kickstarts.outputs.any == 'true'
    runs-on: ubuntu-latest
    timeout-minutes: 120
    strategy:
      fail-fast: false
      matrix: \${{ fromJSON(needs.kickstarts.outputs.matrix) }}
    env:
      EDITION: \${{ matrix.edition }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - name: Set up
        run: |
          npm install --global pnpm@${pnpmVersion} && pnpm install --frozen-lockfile
          sudo apt-get update && sudo apt-get install --yes --no-install-recommends mmdebstrap ovmf qemu-system-x86
      - name: Build
        run: pnpm nx build "iso-$EDITION"
      - name: Boot and judge
        run: pnpm nx test-vm "iso-$EDITION"
`;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** As this project's formatter quotes: names have neither quotes nor backslashes. */
const quoted = (text: string): string => `'${text}'`;
