#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { type Profile, profiles } from './builders.ts';
import { buildCommand } from './commands/build.ts';
import { cleanCommand } from './commands/clean.ts';
import { flattenCommand, validateCommand } from './commands/flatten.ts';
import { imageCommand } from './commands/image.ts';
import { type Firmware, firmwares, testVmCommand } from './commands/test-vm.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { interruptSignal } from './interrupt.ts';
import { explain } from './render.ts';
import { openStore } from './store.ts';
import { type Workspace, openWorkspace } from './workspace.ts';

/** The `phyllome` command. Each subcommand is a file in `commands/`; exit codes are in `exit-codes.ts`. */
async function main(argv: string[]): Promise<ExitCode> {
  const signal = interruptSignal();
  const env = process.env;
  let workspace: Workspace | undefined;
  let exitCode: ExitCode = exitCodes.ok;
  const open = (): Workspace => (workspace ??= openWorkspace(process.cwd()));

  const program = new Command('phyllome')
    .description('Turns kickstart leaves into tested, bootable Phyllome OS images.')
    .exitOverride()
    .showHelpAfterError('(phyllome --help lists the commands)');
  const profile = new Option('--profile <profile>', 'draft compresses fast, release well').choices(profiles).default('draft');

  program
    .command('flatten')
    .description('write flat/flat-<leaf>.cfg of each leaf, of all when none is named')
    .argument('[leaf...]', 'leaves, as ldhi')
    .option('--check', 'write nothing; fail when a flat kickstart is missing or stale', false)
    .action((leaves: string[], options: { check: boolean }) => flattenCommand(open(), leaves, options));
  program
    .command('validate')
    .description('check leaves, and that their flat kickstarts are fresh')
    .argument('[leaf...]')
    .action((leaves: string[]) => validateCommand(open(), leaves));
  program
    .command('image')
    .description("build an edition's ISO in a container and put it into the image store")
    .argument('<edition>')
    .addOption(profile)
    .action(async (edition: string, options: { profile: Profile }) => {
      await imageCommand(open(), edition, { ...options, store: openStore(env), env, signal });
    });
  program
    .command('build')
    .description("put an edition's ISO into dist/iso-<edition>, building it if there is none")
    .argument('<edition>')
    .addOption(profile)
    .action((edition: string, options: { profile: Profile }) =>
      buildCommand(open(), edition, { ...options, store: openStore(env), env, signal }),
    );
  program
    .command('test-vm')
    .description('boot an ISO, unmodified, under QEMU, and accept or reject it')
    .argument('<target>', "an edition, whose specs in acceptance/ are run, or any ISO's path")
    .addOption(new Option('--firmware <firmware...>', 'what to boot with').choices(firmwares).default(firmwares))
    .action(async (target: string, options: { firmware: Firmware[] }) => {
      const status = await testVmCommand(open(), target, { ...options, env, signal });
      exitCode = { accepted: exitCodes.ok, rejected: exitCodes.no, inconclusive: exitCodes.inconclusive }[status];
    });
  program
    .command('clean')
    .description('remove what a killed build left behind')
    .option('--images', 'also empty the image store', false)
    .action((options: { images: boolean }) => cleanCommand({ ...options, store: openStore(env), env, signal }));

  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    process.stderr.write(`${explain(error, workspace)}\n`);
    return exitCodeOf(error);
  }
}

process.exitCode = await main(process.argv);
