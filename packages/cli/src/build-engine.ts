import { type BuildEngine, isolationOf, openEngine } from '@phyllome/iso-builder';

/**
 * Where the environment has builds run: as `openEngine` says, or in virtual machines.
 *
 * @throws {IsoBuildError} as openEngine
 * @throws {VmTesterError} QEMU_MISSING
 */
export async function openBuildEngine({
  env,
  signal,
}: {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}): Promise<BuildEngine> {
  if (isolationOf(env) !== 'vm') return await openEngine({ env, signal });
  // All of QEMU's side: only where it is wanted.
  const { openMachineEngine } = await import('@phyllome/builder-vm');
  return await openMachineEngine({ env });
}
