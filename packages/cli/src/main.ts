#!/usr/bin/env node
import { Argument, Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander';
import project from '../package.json' with { type: 'json' };
import type { DeployOptions } from './commands/deploy.ts';
import type { Purpose } from './commands/doctor.ts';
import type { GcFlags } from './commands/store.ts';
import type { Status } from './commands/test-vm.ts';
import type { ValidateOptions } from './commands/flatten-file.ts';
import type { UpFlags } from './commands/up.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { explain } from './explain.ts';
import { firstError } from '@phyllome/host';
import { interruptSignal } from './interrupt.ts';
import { type BuildFlags, buildOptions, networkOption, withBuildFlags } from './build-flags.ts';
import { type Firmware, everyFirmware, firmwares } from './options.ts';
import { formatOption, jsonOption } from './format-option.ts';
import { type KickstartFlags, includeOption, isPath, releaseOption } from './kickstart-options.ts';
import { openAround, openWorkspace, type Workspace, withKickstarts } from '@phyllome/pipeline';
import { openStore } from '@phyllome/pipeline/store';
import { printNote } from './print.ts';

/** The options of `phyllome rehearse`. */
interface RehearseFlags {
  coverage: boolean;
  format: 'human' | 'json';
  network?: 'full' | 'none';
}

interface FlattenFlags extends KickstartFlags {
  check: boolean;
  comments: boolean;
  output?: string;
}

interface DiffFlags extends KickstartFlags {
  exitCode: boolean;
  format: 'human' | 'json';
}

interface LintFlags extends KickstartFlags {
  fix: boolean;
  live: boolean;
  strict: boolean;
  rules: boolean;
  format: 'human' | 'json' | 'sarif';
}

type DeployFlags = Omit<DeployOptions, 'more' | 'store' | 'env' | 'signal'>;

/** Commands that read and print, and have nothing to clean up: Ctrl-C ends them as it ends any program. */
const neverWaiting = new Set(['flatten', 'validate', 'diff', 'explain', 'editions']);

const statusExitCodes: Record<Status, ExitCode> = {
  accepted: exitCodes.ok,
  rejected: exitCodes.no,
  inconclusive: exitCodes.inconclusive,
};

function positive(text: string): number {
  if (/^[1-9]\d*$/u.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 1 or more.');
}

/**
 * The `phyllome` command. Each subcommand is a file in `commands/`, loaded when it is asked for: flattening needs no
 * container engine. Exit codes are in `exit-codes.ts`.
 */
async function main(argv: string[]): Promise<number> {
  const { signal, listen } = interruptSignal();
  const env = process.env;
  let workspace: Workspace | undefined;
  let exitCode: number = exitCodes.ok;
  const open = (): Workspace => (workspace ??= openWorkspace(process.cwd()));
  const openAnywhere = (): Workspace => (workspace ??= openAround(process.cwd()));
  /** Files named by their paths can lie anywhere. */
  const openFor = (named: readonly string[], folders: readonly string[] = []): Workspace => {
    const files = named.filter(isPath);
    const around = named.length > 0 && files.length === named.length ? openAnywhere() : open();
    return (workspace = files.length === 0 ? around : withKickstarts(around, files, folders));
  };

  const program = new Command('phyllome')
    .description('Turns kickstart leaves into tested, bootable Phyllome OS images.')
    .version(project.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .configureHelp({
      // A flag that is not given is off: it need not be said of each.
      optionDescription(option) {
        return Help.prototype.optionDescription.call(this, option).replace(/ ?\(default: false\)$/u, '');
      },
    })
    .hook('preAction', (_program, command) => {
      if (!neverWaiting.has(command.name())) listen();
    })
    .exitOverride()
    .showHelpAfterError('(phyllome --help lists the commands)');

  program
    .command('flatten')
    .description('write flat/flat-<leaf>.cfg of each leaf, of all when none is named; or print any kickstart, flat')
    .argument('[leaf...]', 'leaves, as ldhi; or the path of a kickstart')
    .option('--check', 'write nothing; fail when a flat kickstart is missing or stale', false)
    .option('--comments', "keep the leaves' comments at their place", false)
    .option('-o, --output <file>', 'of a path: write it there, and its source map beside it')
    .addOption(includeOption())
    .addOption(releaseOption())
    .action(async (names: string[], options: FlattenFlags) => {
      const { flattenCommand } = await import('./commands/flatten.ts');
      const { flattenFile, filesOf } = await import('./commands/flatten-file.ts');
      const [file] = filesOf(names, options, 'flatten') ?? [];
      if (file === undefined) await flattenCommand(open(), names, options);
      else await flattenFile(openFor([file], options.include), file, options);
    });
  program
    .command('validate')
    .description('check leaves, that they have no lint errors, and that their flat kickstarts are fresh')
    .argument('[leaf...]', 'leaves, as ldhi; or paths of kickstarts, of which only the syntax is checked')
    .addOption(includeOption())
    .addOption(releaseOption())
    .option('--live', 'also whether livemedia-creator would take the kickstarts', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: ValidateOptions) => {
      const { filesOf, validateFiles } = await import('./commands/flatten-file.ts');
      const files = filesOf(leaves, options, 'validate');
      if (files !== undefined) {
        validateFiles(openFor(files, options.include), files, options);
        return;
      }
      const { flattenCommand } = await import('./commands/flatten.ts');
      await flattenCommand(open(), leaves, { check: true });
      const { lintErrors } = await import('./commands/lint.ts');
      await lintErrors(open(), leaves);
    });
  program
    .command('lint')
    .description('report what is wrong with leaves, or with any kickstarts, and how to fix it')
    .argument('[leaf...]', 'leaves, as ldhi, or paths of kickstarts; all leaves when none is named')
    .option('--fix', 'fix what can be fixed without changing what a kickstart does', false)
    .option('--live', 'with the rules for live media, also for kickstarts named by a path', false)
    .option('--strict', 'warnings count as errors', false)
    .option('--rules', 'list the rules, and why they are there', false)
    .addOption(includeOption())
    .addOption(releaseOption())
    .addOption(formatOption(['human', 'json', 'sarif']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: LintFlags) => {
      const { lintCommand, listRules } = await import('./commands/lint.ts');
      if (options.rules) listRules(options.format);
      else await lintCommand(openFor(leaves, options.include), leaves, { ...options, env, signal });
    });
  program
    .command('diff')
    .description('show how two leaves, or any two kickstarts, differ in meaning')
    .argument('<a>', 'a leaf, as dhi, or the path of a kickstart')
    .argument('<b>', 'another')
    .option('--exit-code', 'exit with 1 when they differ', false)
    .addOption(includeOption())
    .addOption(releaseOption())
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (a: string, b: string, options: DiffFlags) => {
      const { diffCommand } = await import('./commands/diff.ts');
      const differs = diffCommand(openFor([a, b], options.include), a, b, options);
      if (differs && options.exitCode) exitCode = exitCodes.no;
    });
  program
    .command('explain')
    .description('say where a line of a flat kickstart comes from, or what a line of a leaf becomes')
    .argument('<file:line>', 'as flat/flat-l.cfg:12 or leaves/blocks/network.cfg:2')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (at: string, options: { format: 'human' | 'json' }) => {
      const { explainCommand } = await import('./commands/explain.ts');
      explainCommand(openFor([at.replace(/(?::\d+){1,2}$/u, '')]), at, options);
    });
  withBuildFlags(program.command('image'))
    .description("build an edition's ISO in a container and put it into the image store")
    .action(async (edition: string, flags: BuildFlags) => {
      const checkout = open();
      const { imageCommand } = await import('./commands/image.ts');
      await imageCommand(checkout, edition, { ...buildOptions(flags, env), store: openStore(env), signal });
    });
  withBuildFlags(program.command('build'))
    .description("put an edition's ISO into dist/iso-<edition>, building it if there is none")
    .action(async (edition: string, flags: BuildFlags) => {
      const checkout = open();
      const { buildCommand } = await import('./commands/build.ts');
      await buildCommand(checkout, edition, { ...buildOptions(flags, env), store: openStore(env), signal });
    });
  const builder = program
    .command('builder')
    .description("print the chosen builder, the digest of what its image is made of, and its container's privileges")
    .option('--output <file>', 'write it there instead')
    .action(async (options: { output?: string }) => {
      const checkout = open();
      const { builderCommand } = await import('./commands/builder.ts');
      await builderCommand(checkout, { ...options, env });
    });
  builder
    .command('pin')
    .description("pin the Fedora builder's base image to the digest that its tag has today, in release.json")
    .option('--check', 'write nothing; fail when the tag has another digest', false)
    .option('--from <image>', 'another repository: quay.io/fedora/fedora')
    .action(async (options: { check: boolean; from?: string }) => {
      const { builderPinCommand } = await import('./commands/builder-pin.ts');
      await builderPinCommand(open(), { ...options, signal });
    });
  program
    .command('lock')
    .description("pin the rehearsal's Debian packages to the versions on offer today")
    .option('--check', 'write nothing; fail when other versions are on offer', false)
    .action(async (options: { check: boolean }) => {
      const { lockCommand } = await import('./commands/lock.ts');
      await lockCommand(open(), { ...options, env, signal });
    });
  program
    .command('test-vm')
    .description('boot an ISO, unmodified, under QEMU, and accept or reject it')
    .argument('<target>', "an edition, or install-<edition>, whose specs in acceptance/ are run, or any ISO's path")
    .addOption(
      new Option('--firmware <list>', `what to boot with, of ${everyFirmware.join(', ')}; several by commas`)
        .argParser(firmwareList)
        .default(firmwares, firmwares.join(',')),
    )
    .option('--uninstrumented', "boot what is accepted once more without the tester's instruments", false)
    .option('--jobs <number>', 'how many machines at once (default: as this host has CPUs and memory for)', count)
    .option('--allow <file>', 'faults that do not reject for now, each with a tracker and the day that ends it')
    .option('--artifacts <dir>', 'of a path: where its report and evidence go (default: dist/test-vm/<name>)')
    .action(
      async (
        target: string,
        options: {
          firmware: Firmware[];
          allow?: string;
          artifacts?: string;
          jobs?: number;
          uninstrumented: boolean;
        },
      ) => {
        const { testVmCommand } = await import('./commands/test-vm.ts');
        const status = await testVmCommand(openFor([target]), target, { ...options, env, signal });
        exitCode = statusExitCodes[status];
      },
    );
  const displays = ['window', 'vnc', 'none'] as const;
  program
    .command('up')
    .description('boot an edition, any ISO or a disk image, to work with; phyllome shell opens a shell in it')
    .argument('<target>', 'an edition, as dhi, or the path of an .iso, .qcow2, .img or .raw')
    .addOption(new Option('--firmware <firmware>', 'what to boot with').choices(everyFirmware).default('uefi'))
    .addOption(
      new Option('--display <display>', 'default: a window where there is a desktop, else vnc').choices(displays),
    )
    .option('--serial', "make this terminal the guest's serial console", false)
    .option('--disk <file>', 'a second disk, kept; made when it is not there')
    .option('--disk-size <GiB>', 'of a disk that is made', count, 20)
    .option('--cpus <number>', 'how many', count, 2)
    .option('--memory <MiB>', 'how much', count, 4096)
    .addOption(
      new Option('--network <network>', 'user: out through this host').choices(['user', 'none']).default('user'),
    )
    .action(async (target: string, options: Omit<UpFlags, 'env' | 'signal' | 'store'>) => {
      const { upCommand } = await import('./commands/up.ts');
      await upCommand(open, target, { ...options, store: openStore(env), env, signal });
    });
  program
    .command('shell')
    .description('open a root shell in the machine that phyllome up runs, or run one command there')
    .argument('[command...]', 'as: phyllome shell -- systemctl --failed; exits with what it exits with')
    .option('--machine <name>', 'which, when several run')
    .action(async (command: string[], options: { machine?: string }) => {
      const { shellCommand } = await import('./commands/shell.ts');
      exitCode = await shellCommand(command, { ...options, env, signal });
    });
  program
    .command('deploy')
    .description("install an edition into a virtual machine; without --with, print virt-install's command")
    .argument('<edition>', 'one that can be installed, as dhi')
    .argument('[option...]', 'further options of virt-install, after --')
    .addOption(
      new Option('--with <way>', 'install it now, by libvirt or by QEMU alone').choices(['virt-install', 'qemu']),
    )
    .addOption(new Option('--print', 'print the command only').default(false))
    .addOption(new Option('--dry-run', 'the same').implies({ print: true }))
    .option('--name <name>', 'name of the machine (default: phyllome-<edition>)')
    .addOption(new Option('--memory <MiB>', 'of the machine').argParser(positive).default(4096))
    .addOption(new Option('--vcpus <number>', 'processors of the machine').argParser(positive).default(2))
    .addOption(new Option('--disk-size <GiB>', 'of the disk, which is sparse').argParser(positive).default(10))
    .option('--disk <path>', 'the raw disk to install on')
    .option('--replace', 'lose a disk that is there already', false)
    .option('--source <tree>', "an installer: address or folder of an install tree, or an ISO (default: Fedora's tree)")
    .option('--checksum <sha256>', "of the ISO, or of the tree's .treeinfo")
    .option('--connect <uri>', 'connection of libvirt', 'qemu:///system')
    .addOption(
      new Option('--virt-type <type>', 'qemu emulates, where KVM does not work')
        .choices(['kvm', 'qemu'])
        .default('kvm'),
    )
    .option('--no-test', 'do not boot and judge what was installed')
    .action(async (edition: string, more: string[], options: DeployFlags) => {
      const { deployCommand } = await import('./commands/deploy.ts');
      const status = await deployCommand(open(), edition, { ...options, more, store: openStore(env), env, signal });
      if (status !== undefined) exitCode = statusExitCodes[status];
    });
  program
    .command('editions')
    .description('show the editions, what each is made of, its last ISO and what that was judged')
    .argument('[leaf...]', 'leaves, as ldhi; all when none is named')
    .option('--checks', 'show what each edition was judged by, and what that came to', false)
    .addOption(formatOption(['human', 'json', 'markdown']))
    .addOption(jsonOption())
    .action(async (leaves: string[], options: { checks: boolean; format: 'human' | 'json' | 'markdown' }) => {
      const { editionsCommand } = await import('./commands/editions.ts');
      await editionsCommand(open(), leaves, options);
    });
  program
    .command('rehearse')
    .description("build an edition's ISO with the rehearsal builder, or say how much of it a rehearsal exercises")
    .argument('[edition...]', 'editions, as dhi; with --coverage all when none is named')
    .option('--coverage', 'build nothing: print which packages, services, commands and scripts are exercised', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .addOption(networkOption())
    .action(async (editions: string[], options: RehearseFlags) => {
      const checkout = open();
      const { coverageCommand, rehearseCommand } = await import('./commands/rehearse.ts');
      const { coverage, format, network } = options;
      const told = network === undefined ? env : { ...env, PHYLLOME_NETWORK: network };
      if (coverage) coverageCommand(checkout, editions, format);
      else {
        const json = format === 'json';
        await rehearseCommand(checkout, editions, { json, store: openStore(env), env: told, signal });
      }
    });
  program
    .command('verify')
    .description('check a built ISO and everything that lies beside it against each other, offline')
    .argument('<directory>', 'as dist/iso-dhi; or an edition, as dhi')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (directory: string, options: { format: 'human' | 'json' }) => {
      const { verifyCommand } = await import('./commands/verify.ts');
      if (!(await verifyCommand(open, directory, { ...options, signal }))) exitCode = exitCodes.no;
    });
  program
    .command('check-console')
    .description('look for known failures in a saved console')
    .argument(
      '<file>',
      'as dist/iso-l/test-vm/bios/serial.log, or the log of any other machine; - reads one from a pipe',
    )
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (file: string, options: { format: 'human' | 'json' }) => {
      const { checkConsoleCommand } = await import('./commands/check-console.ts');
      if (!(await checkConsoleCommand(file, options.format))) exitCode = exitCodes.no;
    });
  program
    .command('doctor')
    .description('say whether this machine can build and test editions with the chosen builder, and run them as guests')
    .addArgument(
      new Argument('[purpose...]', 'what it is wanted for (default: all are shown, the first two decide)').choices([
        'build',
        'test',
        'virtualization',
      ]),
    )
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (named: Purpose[], options: { format: 'human' | 'json' }) => {
      // First, since it also reads which builder this machine has.
      const checkout = open();
      const { doctorCommand } = await import('./commands/doctor.ts');
      const { format } = options;
      if (!(await doctorCommand(checkout, { purposes: named, format, env, signal }))) exitCode = exitCodes.environment;
    });
  const store = program.command('store').description('look after the image store: list it, check it, make room in it');
  store
    .command('ls')
    .description('list the images of the store, and where they lie')
    .option('--json', 'for programs', false)
    .action(async ({ json }: { json: boolean }) => {
      const { storeListCommand } = await import('./commands/store.ts');
      await storeListCommand({ store: openStore(env), json, signal });
    });
  store
    .command('verify')
    .description('read every file of the store; put aside what is damaged')
    .option('--json', 'for programs', false)
    .action(async ({ json }: { json: boolean }) => {
      const { storeVerifyCommand } = await import('./commands/store.ts');
      if (!(await storeVerifyCommand({ store: openStore(env), json, signal }))) exitCode = exitCodes.no;
    });
  store
    .command('gc')
    .description('remove images that lie in no dist/')
    .addOption(new Option('--older-than <days>', 'only those unused for this long').argParser(count))
    .addOption(new Option('--max-size <GiB>', 'only as many as must go for the store to take no more').argParser(count))
    .option('--all', 'also those that lie in a dist/, where they stay', false)
    .option('--dry-run', 'remove nothing; print what would be removed', false)
    .option('--json', 'for programs', false)
    .action(async ({ json, ...flags }: GcFlags & { json: boolean }) => {
      const { storeGcCommand } = await import('./commands/store.ts');
      await storeGcCommand(flags, { store: openStore(env), json, signal });
    });
  program
    .command('clean')
    .description('remove what a killed build left behind')
    .option('--images', "also empty the image store and drop the builders' downloads", false)
    .addOption(new Option('--after <pid>', 'wait for a process to end first').argParser(Number).hideHelp())
    .action(async (options: { images: boolean; after?: number }) => {
      const { cleanCommand } = await import('./commands/clean.ts');
      await cleanCommand(open(), { after: undefined, ...options, store: openStore(env), env, signal });
    });

  program
    .command('refuse-leaf', { hidden: true })
    .argument('<name>', "a leaf's name whose targets Nx runs and that is not allowed, in hexadecimal")
    .action(async (coded: string) => {
      const { refuseLeaf } = await import('./commands/refuse-leaf.ts');
      refuseLeaf(coded);
    });

  for (const command of program.commands) {
    command.showHelpAfterError(`(phyllome ${command.name()} --help tells how it is used)`);
  }
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (thrown) {
    const error = firstError(thrown);
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    // Node's own functions reject with an error of theirs, and not with the reason, when they are aborted.
    const reason: unknown =
      signal.aborted && error instanceof Error && error.name === 'AbortError' ? signal.reason : error;
    printNote(explain(reason, workspace));
    return exitCodeOf(reason);
  }
}

/** `bios,uefi`, or the option as often. A list of words would take the target after it for one more. */
function firmwareList(text: string, before: readonly Firmware[]): Firmware[] {
  const named = text.split(',').map((word) => {
    const known = everyFirmware.find((firmware) => firmware === word);
    if (known === undefined) throw new InvalidArgumentError(`Allowed are ${everyFirmware.join(', ')}.`);
    return known;
  });
  return [...new Set([...(before === firmwares ? [] : before), ...named])];
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('it is a whole number above 0');
  return value;
}

// Who reads the output may stop early, as `head` does: what is being done goes on, and nobody hears of it. Output that
// is lost otherwise, on a full disk, is told once.
let lost: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || lost !== undefined) return;
  lost = error;
  printNote(`standard output is incomplete\n${explain(error, undefined)}`);
  process.exitCode = exitCodeOf(error);
});

const ended = await main(process.argv);
process.exitCode = ended === exitCodes.ok && lost !== undefined ? exitCodeOf(lost) : ended;
