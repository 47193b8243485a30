/**
 * Ethernet frames as far as a private network's services read and write them: ARP, and UDP in IPv4 without options of
 * its header. What a guest sends is not believed: every length is bounded by the frame, and what is anything else is
 * undefined, never an exception.
 */
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const UDP_BYTES = 8;
/** RFC 826: request for an IPv4 address on Ethernet. */
const ARP_REQUEST = Buffer.from('0001080006040001', 'hex');
const ARP_REPLY = Buffer.from('0001080006040002', 'hex');
const ARP_BYTES = 28;
const TYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
const UDP = 17;

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
export const BROADCAST = '255.255.255.255';

/** One end of a datagram. */
export interface Endpoint {
  mac: string;
  address: string;
  port: number;
}

export interface Datagram {
  from: Endpoint;
  to: Endpoint;
  payload: Buffer;
}

/** The destination and source of a frame; undefined for what is too short to be one. */
export function addressesOf(frame: Buffer): { from: string; to: string } | undefined {
  return frame.length < ETHERNET_BYTES ? undefined : { to: macAt(frame, 0), from: macAt(frame, 6) };
}

/** Does the frame go to several: to all, or to a group? */
export function isForMany(frame: Buffer): boolean {
  return ((frame[0] ?? 0) & 1) === 1;
}

/** The datagram in a frame; undefined for everything else, fragments among it. */
export function datagramOf(frame: Buffer): Datagram | undefined {
  if (frame.length < ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES || frame.readUInt16BE(12) !== TYPE.ipv4) return undefined;
  const ip = frame.subarray(ETHERNET_BYTES);
  const header = (ip.readUInt8(0) & 0xf) * 4;
  const total = ip.readUInt16BE(2);
  const isFragment = (ip.readUInt16BE(6) & 0x3fff) !== 0;
  if (ip.readUInt8(0) >> 4 !== 4 || header < IPV4_BYTES || ip.readUInt8(9) !== UDP || isFragment) return undefined;
  if (total > ip.length || total < header + UDP_BYTES) return undefined;
  const udp = ip.subarray(header, total);
  const length = udp.readUInt16BE(4);
  if (length < UDP_BYTES || length > udp.length) return undefined;
  return {
    from: { mac: macAt(frame, 6), address: addressAt(ip, 12), port: udp.readUInt16BE(0) },
    to: { mac: macAt(frame, 0), address: addressAt(ip, 16), port: udp.readUInt16BE(2) },
    payload: udp.subarray(UDP_BYTES, length),
  };
}

/** The Ethernet frame of a datagram: IPv4, and UDP without a checksum. */
export function datagramFrame({ from, to, payload }: Datagram): Buffer {
  const ip = Buffer.alloc(IPV4_BYTES + UDP_BYTES);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(ip.length + payload.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(UDP, 9);
  ip.set(addressBytes(from.address), 12);
  ip.set(addressBytes(to.address), 16);
  ip.writeUInt16BE(checksum(ip.subarray(0, IPV4_BYTES)), 10);
  ip.writeUInt16BE(from.port, IPV4_BYTES);
  ip.writeUInt16BE(to.port, IPV4_BYTES + 2);
  ip.writeUInt16BE(UDP_BYTES + payload.length, IPV4_BYTES + 4);
  // RFC 768: a checksum of zero says that none was made.
  return Buffer.concat([ethernet(from.mac, to.mac, TYPE.ipv4), ip, payload]);
}

/** The address whose MAC is asked for, and by which machine; undefined for everything else. */
export function arpRequestOf(frame: Buffer): { asked: string; from: Pick<Endpoint, 'mac' | 'address'> } | undefined {
  if (frame.length < ETHERNET_BYTES + ARP_BYTES || frame.readUInt16BE(12) !== TYPE.arp) return undefined;
  const arp = frame.subarray(ETHERNET_BYTES);
  if (!arp.subarray(0, ARP_REQUEST.length).equals(ARP_REQUEST)) return undefined;
  return { asked: addressAt(arp, 24), from: { mac: macAt(arp, 8), address: addressAt(arp, 14) } };
}

/** The answer to an ARP request: `own` is the address that was asked for. */
export function arpReply(own: Pick<Endpoint, 'mac' | 'address'>, to: Pick<Endpoint, 'mac' | 'address'>): Buffer {
  const addresses = [macBytes(own.mac), addressBytes(own.address), macBytes(to.mac), addressBytes(to.address)];
  return Buffer.concat([ethernet(own.mac, to.mac, TYPE.arp), ARP_REPLY, ...addresses]);
}

/** Four bytes of an IPv4 address. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** The IPv4 address in four bytes, dotted. */
export function addressAt(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}

/** The MAC in six bytes, with colons. */
export function macAt(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Six bytes of a MAC. */
export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function ethernet(from: string, to: string, type: number): Buffer {
  const bytes = Buffer.alloc(ETHERNET_BYTES);
  bytes.set(macBytes(to), 0);
  bytes.set(macBytes(from), 6);
  bytes.writeUInt16BE(type, 12);
  return bytes;
}

/** RFC 1071, of an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
