import { machine, totalmem } from 'node:os';
import { findProgram } from '@phyllome/host';
import { execa } from 'execa';
import type { Builder } from '../build/builder.ts';
import { workSpace } from '../executor/work-directory.ts';
import type { PreflightCheck } from './check.ts';
import { judgeArchitecture, judgeMemory } from './engine.ts';
import { judgeKernel, lookHere } from './host.ts';
import { freeBytes, judgeSpace } from './space.ts';

/** All that this machine needs to build without a container. */
export async function checkHost(options: {
  builder: Builder;
  neededBytes?: number | undefined;
  env: NodeJS.ProcessEnv;
}): Promise<PreflightCheck[]> {
  const { builder, neededBytes: needed, env } = options;
  const space = { what: `${workSpace}, where the system is installed into a file,`, free: await freeBytes(workSpace) };
  const tools = ['setpriv', 'unshare', 'mount', 'losetup'];
  const missing = tools.filter((name) => findProgram(name, env) === undefined);
  return [
    {
      id: 'root',
      ...(process.getuid?.() === 0
        ? { status: 'ok', found: 'this process is root' }
        : { status: 'failed', found: 'this process is not root' }),
      why: 'livemedia-creator mounts file systems, and demands it',
      fix: 'run it with sudo, or use a container engine (PHYLLOME_ENGINE=podman)',
    },
    await checkLivemediaCreator(builder, env),
    {
      id: 'anaconda',
      ...(findProgram('anaconda', env) !== undefined
        ? { status: 'ok', found: 'anaconda is on the PATH' }
        : builder.kernel === undefined
          ? { status: 'not-applicable', found: 'this builder does not need it' }
          : { status: 'failed', found: 'no anaconda on the PATH' }),
      why: 'it installs the system',
      fix: 'dnf install lorax-lmc-novirt',
    },
    {
      id: 'host-tools',
      ...(missing.length === 0
        ? { status: 'ok', found: tools.join(', ') }
        : { status: 'failed', found: `these are not on the PATH: ${missing.join(', ')}` }),
      why: 'they keep the build apart from this machine, so that nothing of it stays',
      fix: 'install util-linux',
    },
    judgeArchitecture(machine()),
    judgeMemory(totalmem(), builder),
    judgeSpace('space-engine', { ...space, needed }),
    ...judgeKernel(await lookHere(), builder.kernel),
  ];
}

/** A rehearsal must not pass for the real one. */
async function checkLivemediaCreator(builder: Builder, env: NodeJS.ProcessEnv): Promise<PreflightCheck> {
  const version = await versionOf(env);
  const rehearsal = version.includes('rehearsal');
  const verdict = ((): Pick<PreflightCheck, 'status' | 'found'> => {
    if (version === '') return { status: 'failed', found: 'no working livemedia-creator on the PATH' };
    return rehearsal !== (builder.name === 'rehearsal')
      ? { status: 'failed', found: `${version} is not of the ${builder.name} builder` }
      : { status: 'ok', found: version };
  })();
  return {
    id: 'livemedia-creator',
    ...verdict,
    why: 'it makes the ISO',
    fix: 'on Fedora, AlmaLinux, Rocky Linux or CentOS Stream: dnf install lorax-lmc-novirt; elsewhere use a container engine (PHYLLOME_ENGINE=podman)',
  };
}

/** What livemedia-creator says that it is; empty when there is none that runs. */
export async function versionOf(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await execa('livemedia-creator', ['-V'], { env, extendEnv: false, reject: false });
  return (stdout ?? '').trim().split('\n').at(-1) ?? '';
}
