import type { Isolation } from '@phyllome/iso-builder';
import { type Profile, profiles } from '@phyllome/pipeline';
import { type Command, Option } from 'commander';
import { wholeNumber } from './number.ts';

/** What `phyllome image` and `phyllome build` take from the command line and the environment. */
export interface BuildFlags {
  profile: Profile;
  engine?: 'docker' | 'podman' | 'host';
  isolation?: Isolation;
  network?: 'full' | 'none';
  extraBootArgs: string;
  unattended: boolean;
  proxy?: string;
  timeout?: number;
  rebuild: boolean;
  json: boolean;
}

/** Adds the argument and the options. Those of the environment also reach builds that Nx starts. */
export const withBuildFlags = (command: Command): Command =>
  command
    .argument('<edition>', 'as dhi; install-dhi is its installer medium')
    .addOption(
      new Option('--profile <profile>', 'draft compresses fast, release well').choices(profiles).default('draft'),
    )
    .addOption(
      new Option('--engine <engine>', 'what runs the builder: a container engine, or this machine itself (a Fedora)')
        .choices(['docker', 'podman', 'host'])
        .env('PHYLLOME_ENGINE'),
    )
    .addOption(
      new Option(
        '--isolation <isolation>',
        'what keeps the build apart: a container, a virtual machine, or nothing (host)',
      )
        .choices(['container', 'vm', 'host'])
        .env('PHYLLOME_ISOLATION'),
    )
    .addOption(networkOption())
    .addOption(
      new Option('--extra-boot-args <args>', "more kernel arguments, after the kickstart's own, in every menu entry")
        .env('PHYLLOME_EXTRA_BOOT_ARGS')
        .default(''),
    )
    .addOption(
      new Option('--unattended', 'of an installer medium: erase and install without waiting for a person')
        .env('PHYLLOME_UNATTENDED')
        .default(false),
    )
    .addOption(new Option('--proxy <url>', "proxy for the installer's downloads").env('PHYLLOME_PROXY'))
    .addOption(
      new Option('--timeout <minutes>', 'give up when the installer takes longer')
        .env('PHYLLOME_TIMEOUT')
        .argParser(wholeNumber),
    )
    .addOption(new Option('--rebuild', 'build it, whatever the image store and the remote store have').default(false))
    .addOption(new Option('--json', 'events and the result on standard output, one JSON object a line').default(false));

/** What scripts of a kickstart reach. */
export function networkOption(): Option {
  return new Option('--network <network>', "what a rehearsal's scripts reach: none for kickstarts of others")
    .choices(['full', 'none'])
    .env('PHYLLOME_NETWORK');
}

/** The flags as the commands take them; engine, isolation and network go by the environment, where everything else looks for them. */
export const buildOptions = <Flags extends BuildFlags>(
  { engine, isolation, network, ...flags }: Flags,
  env: NodeJS.ProcessEnv,
) => ({
  ...flags,
  env: {
    ...env,
    ...(engine === undefined ? {} : { PHYLLOME_ENGINE: engine }),
    ...(isolation === undefined ? {} : { PHYLLOME_ISOLATION: isolation }),
    ...(network === undefined ? {} : { PHYLLOME_NETWORK: network }),
  },
});
