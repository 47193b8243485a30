import { type CodeTable, type ErrorDetails, errorWith } from '@phyllome/host/errors';

/** What the command line itself refuses, and whose fault that is. The codes are stable. */
const codes = {
  NOT_A_WORKSPACE: ['usage', 'Neither this directory nor one above it is a checkout, with `leaves/` and `nx.json`.'],
  UNKNOWN_EDITION: ['usage', 'There is no live leaf of that edition.'],
  UNKNOWN_LEAF: ['usage', 'There is no leaf, or no file, of that name.'],
  UNKNOWN_COMMAND: ['usage', 'The program has no such command.'],
  BAD_ARGUMENTS: ['usage', 'A command has too few or too many arguments.'],
  BAD_OPTION: ['usage', 'An option is unknown, or its value cannot be.'],
  NOT_EMPTY: ['usage', 'A workspace is to be written where something is already.'],
  NO_KICKSTARTS: ['usage', 'A directory to import has no kickstarts.'],
  INCOMPLETE_INSTALLATION: ['environment', 'The program was installed without files that belong to it.'],
  BAD_PLACE: ['usage', 'There is no such line of a file, or the file cannot be read.'],
  FLAT_STALE: ['no', 'A flat kickstart is missing, or is not what its leaf flattens to.'],
  FLAT_BROKEN: ['no', 'Leaves cannot be flattened.'],
  LINT_FAILED: ['no', 'Lint found errors.'],
  LOCK_STALE: ['no', 'Packages are locked to other versions than the mirror offers.'],
  MACHINE_ENDED: ['no', 'The virtual machine ended by itself while it was worked with.'],
  IMAGE_NOT_FOUND: ['environment', 'The registry has no such image for everybody.'],
  NO_IMAGE: ['usage', 'The edition was not built here, or not installed on its disk.'],
  NO_MACHINE: ['usage', 'No virtual machine of `phyllome up` runs, or several do and none was named.'],
  ISO_NOT_FOUND: ['usage', 'There is no such ISO or disk.'],
  NX_CACHE_UNREACHABLE: ['environment', "The server of Nx's remote cache does not answer: Nx goes on without it."],
  PACKAGES_CHANGED: ['no', 'Packages of an edition are otherwise than when it was built or recorded.'],
  PIN_STALE: ['no', "The base image of lorax's builder is pinned to another digest than its tag has."],
  REGISTRY_UNREACHABLE: ['environment', 'The registry of the base image does not answer.'],
  UNKNOWN_COMMIT: ['usage', 'This clone lacks the commit that is compared with.'],
} as const satisfies CodeTable;

export type CliErrorCode = keyof typeof codes;

/** A command was refused, or failed. */
export class CliError extends errorWith(codes) {
  override readonly name = 'CliError';
  /** Of several that failed, each for itself; this error is what they amount to. */
  readonly failures: readonly Error[];

  constructor(
    code: CliErrorCode,
    message: string,
    { failures = [], ...details }: ErrorDetails & { failures?: readonly Error[] },
  ) {
    super(code, message, details);
    this.failures = failures;
  }
}
