import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on this host that knows one address for every name. A guest reaches it at QEMU's gateway. */
export interface NameServer extends AsyncDisposable {
  port: number;
}

/** Of the block that is set aside for documentation: it is nobody's (RFC 5737). */
export const KNOWN_ADDRESS = '192.0.2.44';

export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => {
    const answer = answerTo(query);
    if (answer) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

const HEADER_BYTES = 12;
const TYPE_A = 1;

/** The answer to a query with one question (RFC 1035, 4.1): the address when it is asked for, else nothing of that type. */
function answerTo(query: Buffer): Buffer | undefined {
  const nameEnd = query.indexOf(0, HEADER_BYTES);
  if (nameEnd < 0 || query.length < nameEnd + 5) return undefined;
  const question = query.subarray(HEADER_BYTES, nameEnd + 5);
  const isAddress = query.readUInt16BE(nameEnd + 1) === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x81_80, 2); // a response, recursion desired and available, no error
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isAddress ? 1 : 0, 6);
  if (!isAddress) return Buffer.concat([header, question]);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc0_00 + HEADER_BYTES, 0); // the name that the question has
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4); // class IN
  record.writeUInt32BE(60, 6); // seconds it may be kept
  record.writeUInt16BE(4, 10);
  return Buffer.concat([header, question, record, Buffer.from(KNOWN_ADDRESS.split('.').map(Number))]);
}
