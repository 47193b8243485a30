import { resolve } from 'node:path';
import { type Workspace, writeIfChanged } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { isolationOf, isolations } from '@phyllome/iso-builder';
import { chooseBuilder, executorOf } from '@phyllome/pipeline/image';
import { isolationFor } from '../build-engine.ts';
import { printDocument } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';

export const examples: readonly Example[] = [
  ['phyllome builder', 'print the builder of this machine'],
  [
    'PHYLLOME_BUILDER=fedora phyllome builder --output builder.json',
    'write what the builder of real images is made of',
  ],
];

export function define(command: Command, context: Context): void {
  command.option('--output <file>', 'write it there instead').action(async (options: { output?: string }) => {
    await builderCommand(context.open(), { ...options, env: context.env });
  });
  command
    .command('pin')
    .description("pin the base image of lorax's builder to the digest that its tag has today, in release.json")
    .option('--check', 'write nothing; fail when the tag has another digest', false)
    .option('--from <image>', 'another repository: quay.io/fedora/fedora')
    .option('--installer <iso>', 'pin the installer that installer media are made of instead: a file, or an address')
    .option('--checksum <sha256>', 'of the installer')
    .action(async (options: { check: boolean; from?: string; installer?: string; checksum?: string }) => {
      if (options.installer !== undefined) {
        const { pinInstaller } = await import('../installer-pin.ts');
        const { env, signal } = context;
        await pinInstaller(context.open(), options.installer, { checksum: options.checksum, env, signal });
        return;
      }
      const { builderPinCommand } = await import('../builder-pin.ts');
      await builderPinCommand(context.open(), { ...options, signal: context.signal });
    });
}

/**
 * `phyllome builder`: which builder is chosen, the digest of what its image is made of, whether it runs in that, what its container may do, and
 * what of the project's configuration is in an ISO, as JSON. Nx hashes it for every image, so that what only another builder reads is nothing to this one's.
 *
 * @param options `output`: a file to write instead of standard output
 */
export async function builderCommand(
  workspace: Workspace,
  { output, env }: { output?: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  // Whether it may make a release is for the build to say.
  const builder = chooseBuilder(workspace, 'draft', env);
  const { name, contextDigest, privileges, machine } = builder;
  const { title: project, volumeId } = configOf(workspace);
  const facts = { name, contextDigest, executor: await executorOf(env), privileges, project, volumeId };
  if (output === undefined) {
    // What a build is kept apart by is nothing to its ISO: it is for people, and not for Nx.
    const chosen = isolationOf(env);
    const releases = await isolationFor({ env, builder, profile: 'release' });
    const { memoryMiB, diskMiB, network, kernelArguments } = machine ?? {};
    printDocument(
      json({
        ...facts,
        machine: machine && { memoryMiB, diskMiB, network, kernelArguments },
        isolation: { chosen, releases, ...isolations },
      }),
    );
    return;
  }
  await writeIfChanged(workspace, resolve(output), json(facts));
}

const json = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;
