/**
 * The language server as an editor meets it: from its start to the first diagnostic, and from a key to the diagnostics
 * of a kickstart of 10,000 lines. In CPU time of the server's process, as ratios against what nothing can be below in
 * the same run: Node starting and parsing JSON over a pipe; the flattener's reading of the same text.
 *
 *     pnpm bench:language-server
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from '@phyllome/flattener';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'packages/language-server/bin/kickstart-language-server.js');
/** A server that answers nothing: what Node and a pipe cost. */
const FLOOR = "process.stdin.once('data', (data) => process.stdout.write(data))";
const RUNS = 7;

/** Enough of the protocol to time it: messages are written whole, and read until one has a word in it. */
class Peer {
  readonly process: ChildProcess;
  #buffer = '';
  #wake: () => void = () => {};

  constructor(args: readonly string[]) {
    this.process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#buffer += text;
      this.#wake();
    });
  }

  send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.process.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  async until(word: string): Promise<void> {
    while (!this.#buffer.includes(word)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#buffer = '';
  }

  /** Milliseconds of CPU time that the process has taken. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    // Clock ticks are hundredths of a second on every Linux: user and system time.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async end(): Promise<void> {
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}

const uri = pathToFileURL(join(ROOT, 'leaves/bench.ks')).href;

function open(peer: Peer, text: string): void {
  peer.send({
    id: 1,
    method: 'initialize',
    params: { processId: null, rootUri: pathToFileURL(ROOT).href, capabilities: {} },
  });
  peer.send({ method: 'initialized', params: {} });
  peer.send({
    method: 'textDocument/didOpen',
    params: { textDocument: { uri, languageId: 'kickstart', version: 1, text } },
  });
}

interface Time {
  readonly wall: number;
  readonly cpu: number;
}

async function firstDiagnostic(): Promise<Time> {
  const started = performance.now();
  const peer = new Peer([PROGRAM, '--stdio']);
  open(peer, 'clearpart --nosuch\n');
  await peer.until('KS_UNKNOWN_OPTION');
  const time = { wall: performance.now() - started, cpu: peer.cpu() };
  await peer.end();
  return time;
}

async function nodeAlone(): Promise<Time> {
  const started = performance.now();
  const peer = new Peer(['-e', FLOOR]);
  open(peer, '');
  await peer.until('initialize');
  const time = { wall: performance.now() - started, cpu: peer.cpu() };
  await peer.end();
  return time;
}

/** CPU time of the server for each of 20 changes of a kickstart of 10,000 lines, once it is warm. */
async function rediagnosed(text: string): Promise<number> {
  const peer = new Peer([PROGRAM, '--stdio']);
  open(peer, text);
  await peer.until('"version":1');
  let version = 1;
  const change = async (): Promise<void> => {
    version += 1;
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    const contentChanges = [{ range, text: '#' }];
    peer.send({ method: 'textDocument/didChange', params: { textDocument: { uri, version }, contentChanges } });
    await peer.until(`"version":${version}`);
  };
  for (let run = 0; run < 10; run += 1) await change();
  const before = peer.cpu();
  for (let run = 0; run < 20; run += 1) await change();
  const took = (peer.cpu() - before) / 20;
  await peer.end();
  return took;
}

/** CPU time of parsing the same text alone, in this process. */
function parsed(text: string): number {
  for (let run = 0; run < 20; run += 1) parse('bench.ks', text);
  const before = process.cpuUsage();
  for (let run = 0; run < 20; run += 1) parse('bench.ks', text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / 20;
}

/** As kickstarts are, many times over: commands, packages, scripts; without what would be reported ten thousand times. */
function longKickstart(): string {
  const flat = readFileSync(join(ROOT, 'flat/flat-ldhi.cfg'), 'utf8');
  const sections = flat.slice(flat.indexOf('\n%'));
  const head = flat.slice(0, flat.indexOf('\n%'));
  const lines = [head, ...Array.from({ length: 60 }, () => sections)].join('\n').split('\n');
  return `${lines.slice(0, 9_998).join('\n')}\n%end\n`;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const ms = (number: number): string => `${number.toFixed(0)} ms`;

const [starts, floors]: [Time[], Time[]] = [[], []];
// The first start fills Node's compile cache.
await firstDiagnostic();
for (let run = 0; run < RUNS; run += 1) {
  floors.push(await nodeAlone());
  starts.push(await firstDiagnostic());
}
const cpu = median(starts.map((time) => time.cpu));
const floor = median(floors.map((time) => time.cpu));
const wall = median(starts.map((time) => time.wall));
process.stdout.write(
  `start to first diagnostic: ${ms(cpu)} CPU, ${ms(wall)} wall; Node alone ${ms(floor)} CPU; ratio ${(cpu / floor).toFixed(1)}\n`,
);
const text = longKickstart();
const took = await rediagnosed(text);
const reading = parsed(text);
process.stdout.write(
  `${text.split('\n').length - 1} lines re-diagnosed: ${took.toFixed(1)} ms CPU; parsing them ${reading.toFixed(1)} ms; ratio ${(took / reading).toFixed(1)}\n`,
);
