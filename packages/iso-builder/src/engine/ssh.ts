import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { execa } from 'execa';

/**
 * Connects to a remote engine as Docker's own command does: through the user's `ssh` (so its keys, configuration and
 * known hosts count) and the engine's `dial-stdio` there. Podman's answers when there is no Docker.
 */
export function sshAgent(url: URL, env: NodeJS.ProcessEnv): Agent {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () => dial(url, env);
  return agent;
}

function dial(url: URL, env: NodeJS.ProcessEnv): Duplex {
  const ssh = execa(
    'ssh',
    [
      '-T',
      // Never ask: there may be no one to answer.
      '-oBatchMode=yes',
      '-oConnectTimeout=20',
      ...(url.username === '' ? [] : ['-l', decodeURIComponent(url.username)]),
      ...(url.port === '' ? [] : ['-p', url.port]),
      '--',
      url.hostname.replace(/^\[|\]$/gu, ''),
      'if command -v docker >/dev/null; then exec docker system dial-stdio; else exec podman system dial-stdio; fi',
    ],
    // Its own process group: Ctrl-C must not cut the connection that the clean-up needs.
    { env, extendEnv: false, detached: true, buffer: false, reject: false, stderr: 'pipe' },
  );
  const connection = ssh.duplex();
  let complaint = '';
  ssh.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-1000)));
  void ssh.then((result) => {
    if (result.exitCode !== 0 && !connection.destroyed)
      connection.destroy(new Error(complaint.trim() || result.shortMessage || 'ssh ended'));
    return undefined;
  });
  connection.once('close', () => ssh.kill());
  return connection;
}
