/** Type, three zeros, length. */
const headerBytes = 8;
const stdout = 1;

/**
 * Takes apart what an engine sends of a container without a terminal: its two outputs in one stream, piece by piece
 * (Docker's API, "Attach to a container", stream format). dockerode's own calls itself once a piece: some thousand short
 * lines at once exhaust the stack.
 *
 * @returns what takes the stream's chunks, however it is cut
 */
export function frameReader(onFrame: (output: 'stdout' | 'stderr', content: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= headerBytes) {
      const begin = at + headerBytes;
      const end = begin + rest.readUInt32BE(at + 4);
      if (end > rest.length) break;
      onFrame(rest[at] === stdout ? 'stdout' : 'stderr', rest.subarray(begin, end));
      at = end;
    }
    rest = rest.subarray(at);
  };
}
