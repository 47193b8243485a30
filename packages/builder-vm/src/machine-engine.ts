import { connectEngine, type MachineEngine } from '@phyllome/iso-builder';
import { findQemu } from '@phyllome/vm-tester/qemu';
import { checkMachine } from './checks.ts';
import { machineExecutor } from './executor.ts';

/**
 * Virtual machines of QEMU, as the place where builders run. A container engine is connected to only where a builder's
 * image has to be made or exported.
 *
 * @throws {VmTesterError} QEMU_MISSING
 */
export async function openMachineEngine({ env }: { env: NodeJS.ProcessEnv }): Promise<MachineEngine> {
  const { version } = await findQemu(env);
  return {
    kind: 'vm',
    version: `QEMU ${version}`,
    endpoint: 'this machine',
    local: true,
    executor: (options) => machineExecutor(options, { env, engine: (signal) => connectEngine({ env, signal }) }),
    preflight: (options) => checkMachine({ ...options, env }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
