import { VmTesterError } from '../errors.ts';

/** What the agent sends; agent.sh documents the wire format. */
export type GuestFrame =
  | { type: 'hello'; nonce: string }
  | { type: 'done'; id: number; exitCode: number; stdout: Buffer; stderr: Buffer };

/** Asks the agent to run a command with this input. */
export function runFrame(id: number, command: Buffer, stdin: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`RUN ${id} ${command.length} ${stdin.length}\n`), command, stdin]);
}

/** Asks the agent to kill a command, and all that it started. */
export function killFrame(id: number): Buffer {
  return Buffer.from(`KILL ${id}\n`);
}

/** Asks the agent for its greeting, with a token in it. */
export function helloFrame(token: string): Buffer {
  return Buffer.from(`HELLO ${token}\n`);
}

const MAX_HEADER_BYTES = 256;
/** Of one command's output: what guests announce is waited for in our memory. */
const MAX_OUTPUT_BYTES = 2 ** 30;

/** Cuts the agent's bytes into frames, across chunk borders. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes without which trying again is useless: keeps a large output from being joined at every chunk. */
  #needed = 1;
  #greeting: Buffer | undefined;

  /** Forgets what came, and skips everything up to this greeting: what a guest sent before it was set back. */
  skipTo(nonce: string): void {
    this.#chunks = [];
    this.#length = 0;
    this.#needed = 1;
    this.#greeting = Buffer.from(`HELLO ${nonce}\n`);
  }

  /** @throws {VmTesterError} GUEST_PROTOCOL when the bytes are not a frame. */
  push(chunk: Buffer): GuestFrame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: GuestFrame[] = [];
    if (this.#greeting) {
      const bytes = Buffer.concat(this.#chunks);
      const start = bytes.indexOf(this.#greeting);
      const rest = start < 0 ? bytes.subarray(-this.#greeting.length) : bytes.subarray(start);
      this.#chunks = [rest];
      this.#length = rest.length;
      if (start < 0) return frames;
      this.#greeting = undefined;
    }
    while (this.#length >= this.#needed) {
      const bytes = Buffer.concat(this.#chunks);
      const taken = this.#take(bytes);
      const rest = taken ? bytes.subarray(taken.length) : bytes;
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#length = rest.length;
      if (!taken) break;
      frames.push(taken.frame);
      this.#needed = 1;
    }
    return frames;
  }

  #take(bytes: Buffer): { frame: GuestFrame; length: number } | undefined {
    const end = bytes.indexOf('\n');
    if (end < 0) {
      if (bytes.length > MAX_HEADER_BYTES) throw protocolError(bytes.toString('latin1', 0, MAX_HEADER_BYTES));
      this.#needed = bytes.length + 1;
      return undefined;
    }
    const header = bytes.toString('latin1', 0, end);
    const hello = /^HELLO (\S+)$/.exec(header);
    if (hello) return { frame: { type: 'hello', nonce: hello[1] ?? '' }, length: end + 1 };
    const done = /^DONE (\d+) (\d+) (\d+) (\d+)$/.exec(header)?.slice(1).map(Number);
    if (!done) throw protocolError(header);
    const [id = 0, exitCode = 0, outLength = 0, errLength = 0] = done;
    if (outLength + errLength > MAX_OUTPUT_BYTES) throw tooLarge(outLength + errLength);
    const [outStart, errStart, length] = [end + 1, end + 1 + outLength, end + 1 + outLength + errLength];
    if (bytes.length < length) {
      this.#needed = length;
      return undefined;
    }
    const stdout = Buffer.from(bytes.subarray(outStart, errStart));
    const stderr = Buffer.from(bytes.subarray(errStart, length));
    return { frame: { type: 'done', id, exitCode, stdout, stderr }, length };
  }
}

function protocolError(header: string): VmTesterError {
  return new VmTesterError('GUEST_PROTOCOL', `the guest sent ${JSON.stringify(header)} where a frame begins`, {
    hint: 'something in the guest writes to the port vmt.0; see journal.json',
  });
}

function tooLarge(bytes: number): VmTesterError {
  return new VmTesterError('GUEST_PROTOCOL', `the guest announced ${bytes} bytes of a command's output`, {
    hint: `no command may print more than ${MAX_OUTPUT_BYTES}: copy large files in parts`,
  });
}
