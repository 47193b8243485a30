import { sampleActivity } from './activity.ts';
import { LineSplitter } from '../console/lines.ts';
import { describeCpus } from '../qemu/registers.ts';
import { phaseIndex } from './verdict.ts';
import type { NoProgress } from './boot-monitor.ts';
import type { Cause, Evidence } from './verdict.ts';
import { collectPostMortem } from '../machine/post-mortem.ts';
import type { Session } from '../machine/session.ts';

const JOBS_MS = 1_000;
/** A kernel that is asked what it waits for may have hundreds of tasks to list. */
const ANSWER_MS = 3_000;
const ANSWER_LINES = 30;
/** A prompt on a console proves nothing: only a login that lets a user in shows a running system. */
const UNANSWERED =
  'a login is offered on the serial console, and the agent that the tester put into the guest does not answer: with the option login the tester logs in there';

/**
 * A machine that made no progress in time: what is it doing? Its CPUs and disks show whether it waits, computes or
 * sleeps; systemd, if it can be asked, which jobs it waits for; and a kernel that still lives answers an NMI and SysRq.
 * Adds the finding that ends the run, and what was learnt as further evidence.
 */
export async function diagnoseStall(session: Session, { loginIsEnough }: { loginIsEnough: boolean }): Promise<void> {
  const { monitor, recording, qemu, now } = session;
  const atMs = now();
  const activity = await sampleActivity(qemu.pid, (command) => session.qmp(command));
  const registers = String(await askMonitor(session, 'info registers -a').catch(() => ''));
  recording.keep('registers.txt', registers);
  const jobs = await waitingJobs(session);

  const overdue = `no progress in phase ${monitor.phase} for ${Math.round(monitor.allowedMs() / 1000)} s or more`;
  const evidence = (detector: NoProgress | 'registers' | 'sysrq', line: string): Evidence => ({
    source: 'host',
    atMs,
    line,
    detector,
  });
  const deadline = evidence('deadline', `${overdue}; ${activity.text}`);
  if (loginIsEnough && monitor.loginPrompt && !monitor.rejection) {
    // A guest that offers a login has booted: then it is our channel that is missing (systemd older than 256?).
    session.blameInfra('infra:channel', { ...deadline, line: `${UNANSWERED}; ${deadline.line}` });
    return;
  }
  if (monitor.unopened !== undefined) {
    const asks = `it asks for the passphrase of the encrypted disk ${monitor.unopened}, and nobody types it`;
    monitor.add('fatal', 'waiting', { ...evidence('passphrase-wanted', asks), source: 'serial' });
    monitor.add('fail', 'waiting', deadline);
    return;
  }
  let cause: Cause = activity.cause;
  if (jobs.length > 0) {
    cause = 'failed-unit';
    monitor.add('fatal', cause, {
      ...evidence('waiting-jobs', `${jobs.join(', ')}: still starting, and nothing else is`),
      source: 'guest',
    });
    monitor.add('fail', cause, deadline);
  } else if (monitor.phase === 'initrd' && monitor.awaitedDevice !== undefined) {
    // dracut lets systemd wait for the root for an hour.
    cause = 'root-not-found';
    const wanted = `systemd waits for ${monitor.awaitedDevice}, which does not appear`;
    monitor.add('fatal', cause, { ...evidence('device-wanted', wanted), source: 'serial' });
    monitor.add('fail', cause, deadline);
  } else monitor.add('fatal', cause, deadline);
  const cpus = describeCpus(registers);
  if (cpus !== '') monitor.add('fail', cause, evidence('registers', cpus));
  if (phaseIndex(monitor.phase) >= phaseIndex('kernel')) {
    monitor.add('fail', cause, evidence('sysrq', await askKernel(session)));
  }
}

/** The units whose start systemd waits for; none when it cannot be asked. */
async function waitingJobs(session: Session): Promise<string[]> {
  if (!session.channel.open) return [];
  try {
    const { stdout } = await session.run('systemctl list-jobs --no-legend --plain', { timeoutMs: JOBS_MS });
    const jobs = String(stdout)
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    return jobs.flatMap(([, unit = '', type, state]) => (type === 'start' && state === 'running' ? [unit] : []));
  } catch {
    return []; // it does not answer: that is what the rest of the diagnosis is for
  }
}

/** What the kernel says to an NMI and to SysRq-W, which lists the tasks that are blocked. */
async function askKernel(session: Session): Promise<string> {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const listen = (chunk: Buffer) => void lines.push(...splitter.push(chunk));
  const { serial } = session.qemu.links;
  serial.on('data', listen);
  try {
    await session.qmp('inject-nmi');
    await session.qmp('send-key', { keys: ['alt', 'sysrq', 'w'].map((data) => ({ type: 'qcode', data })) });
    await collectPostMortem(session, ANSWER_MS, { atLeastMs: ANSWER_MS / 2 });
  } catch {
    // QEMU ended meanwhile, which the caller learns by itself
  } finally {
    serial.off('data', listen);
  }
  if (lines.length === 0) return 'the kernel answered neither an NMI nor SysRq on the serial console';
  const rest = lines.length > ANSWER_LINES ? `\n… ${lines.length - ANSWER_LINES} more lines in serial.log` : '';
  return `the kernel answered an NMI and SysRq-W:\n${lines.slice(0, ANSWER_LINES).join('\n')}${rest}`;
}

async function askMonitor(session: Session, command: string): Promise<unknown> {
  return await session.qmp('human-monitor-command', { 'command-line': command });
}
