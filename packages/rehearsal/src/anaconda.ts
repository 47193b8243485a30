import { installMachine } from './anaconda/install.ts';
import { MachineLog } from './anaconda/log.ts';
import { endMachine } from './anaconda/machine.ts';
import { Programs } from './program.ts';

/**
 * The installer of a rehearsal's installer medium: what anaconda is on Fedora's. It is the only thing that the medium's
 * system starts, and ends the machine as the kickstart says. When it fails, the machine stays as it is, for somebody to
 * read why.
 */
async function run(): Promise<void> {
  if (process.argv.includes('--version')) return void process.stdout.write('anaconda 44-rehearsal\n');
  const { signal } = new AbortController();
  const log = new MachineLog('/tmp');
  const ending = await installMachine(log, signal);
  if (ending === undefined) process.exitCode = 1;
  else await endMachine(ending, new Programs(log, signal));
}

void run();
