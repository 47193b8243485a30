import { BROADCAST, addressAt, addressBytes, macAt, macBytes } from './frames.ts';

/** RFC 2131, 2: the fixed part of a message, and what its options begin with. */
const FIXED_BYTES = 236;
const COOKIE = Buffer.from('63825363', 'hex');
/** RFC 951: what old clients need a message to be at least. */
const LEAST_BYTES = 300;
const ETHERNET = 1;

/** RFC 2132. */
const OPTION = {
  mask: 1,
  nameServer: 6,
  hostName: 12,
  domain: 15,
  requested: 50,
  leaseTime: 51,
  type: 53,
  server: 54,
  end: 255,
} as const;
const TYPE = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6, inform: 8 } as const;
const LEASE_SECONDS = 24 * 60 * 60;

export const DHCP_SERVER_PORT = 67;
export const DHCP_CLIENT_PORT = 68;

/** What a machine on the network is given. */
export interface Lease {
  name: string;
  mac: string;
  address: string;
}

export interface DhcpServer {
  address: string;
  mask: string;
  domain: string;
  leaseOf(mac: string): Lease | undefined;
}

/** A message for a client, and the address that it goes to. */
export interface DhcpReply {
  to: string;
  payload: Buffer;
}

/**
 * The server's answer to a client's message: to each client the one lease that is its own. undefined where there is
 * none: to a client that is not known, to a message for another server, or to other bytes.
 */
export function answerDhcp(message: Buffer, server: DhcpServer): DhcpReply | undefined {
  if (message.length < FIXED_BYTES + COOKIE.length || message[0] !== 1 || message[1] !== ETHERNET) return undefined;
  if (!message.subarray(FIXED_BYTES, FIXED_BYTES + COOKIE.length).equals(COOKIE)) return undefined;
  const options = readOptions(message.subarray(FIXED_BYTES + COOKIE.length));
  const lease = server.leaseOf(macAt(message, 28));
  const asked = options.get(OPTION.server);
  if (!lease || (asked?.length === 4 && addressAt(asked, 0) !== server.address)) return undefined;
  const current = addressAt(message, 12);
  const type = typeOf(options, { current, lease });
  if (type === undefined) return undefined;

  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.set([2, ETHERNET, 6], 0);
  message.copy(fixed, 4, 4, 8); // the transaction
  message.copy(fixed, 10, 10, 12); // its flags
  if (type !== TYPE.nak) fixed.set(addressBytes(lease.address), 16);
  fixed.set(addressBytes(server.address), 20);
  fixed.set(macBytes(lease.mac), 28);
  const own = type === TYPE.nak ? [] : settings(lease, server);
  const words = [option(OPTION.type, [type]), option(OPTION.server, addressBytes(server.address)), ...own];
  const payload = Buffer.concat([fixed, COOKIE, ...words, Buffer.from([OPTION.end])]);
  const padded = Buffer.concat([payload, Buffer.alloc(Math.max(0, LEAST_BYTES - payload.length))]);
  // A client that renews its lease has an address, and listens at that alone.
  return { to: current === lease.address && type !== TYPE.nak ? current : BROADCAST, payload: padded };
}

function settings({ name }: Lease, { address, mask, domain }: DhcpServer): Buffer[] {
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(LEASE_SECONDS);
  return [
    option(OPTION.mask, addressBytes(mask)),
    option(OPTION.nameServer, addressBytes(address)),
    option(OPTION.hostName, Buffer.from(name)),
    option(OPTION.domain, Buffer.from(domain)),
    option(OPTION.leaseTime, seconds),
  ];
}

function typeOf(
  options: ReadonlyMap<number, Buffer>,
  { current, lease }: { current: string; lease: Lease },
): number | undefined {
  const requested = options.get(OPTION.requested);
  switch (options.get(OPTION.type)?.[0]) {
    case TYPE.discover:
      return TYPE.offer;
    case TYPE.request: {
      const wanted = requested?.length === 4 ? addressAt(requested, 0) : current;
      return wanted === lease.address ? TYPE.ack : TYPE.nak;
    }
    case TYPE.inform:
      return TYPE.ack;
    default:
      return undefined;
  }
}

function readOptions(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length && bytes[at] !== OPTION.end;) {
    const code = bytes.readUInt8(at);
    if (code === 0) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    options.set(code, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function option(code: number, value: Uint8Array | number[]): Buffer {
  return Buffer.from([code, value.length, ...value]);
}
