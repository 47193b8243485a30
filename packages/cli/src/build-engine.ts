import {
  type BuildEngine,
  type Builder,
  chooseIsolation,
  isLeftOpen,
  type Isolation,
  type LivemediaProfile,
  openEngine,
  type PreflightCheck,
} from '@phyllome/iso-builder';
import { ExplainedError } from '@phyllome/host';

interface Wanted {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  builder: Builder;
  profile: LivemediaProfile;
}

/**
 * Where builds run: as the environment says, or else as `chooseIsolation` does.
 *
 * @throws {IsoBuildError} as openEngine
 * @throws {VmTesterError} QEMU_MISSING
 */
export async function openBuildEngine(wanted: Wanted): Promise<BuildEngine> {
  const { env, signal } = wanted;
  if ((await isolationFor(wanted)) !== 'vm') return await openEngine({ env, signal });
  // All of QEMU's side: only where it is wanted.
  const { openMachineEngine } = await import('@phyllome/builder-vm');
  return await openMachineEngine({ env });
}

/** What keeps a build apart. Machines are looked at only where they are a question. */
export async function isolationFor({ env, builder, profile }: Wanted): Promise<Isolation> {
  const isQuestion = isLeftOpen(env) && profile === 'release' && builder.machine !== undefined;
  return chooseIsolation(env, profile, isQuestion ? await machineChecks(builder, env) : undefined);
}

async function machineChecks(builder: Builder, env: NodeJS.ProcessEnv): Promise<PreflightCheck[] | undefined> {
  const { checkMachine } = await import('@phyllome/builder-vm');
  try {
    return await checkMachine({ builder, neededBytes: undefined, env });
  } catch (error) {
    if (error instanceof ExplainedError) return undefined;
    throw error;
  }
}
