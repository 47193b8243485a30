import type { Duplex } from 'node:stream';
import { VmTesterError } from '../errors.ts';
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, answerDhcp } from './dhcp.ts';
import type { Lease } from './dhcp.ts';
import {
  BROADCAST,
  BROADCAST_MAC,
  addressesOf,
  arpReply,
  arpRequestOf,
  datagramFrame,
  datagramOf,
  isForMany,
} from './frames.ts';
import { DNS_PORT, answerDns } from './names.ts';

/** Nothing leaves it: an address of a private network (RFC 1918), a domain that is nobody's (RFC 6761). */
const PREFIX = '10.93.0';
const MASK = '255.255.255.0';
const DOMAIN = 'test';
/** Locally administered, as QEMU's own: no maker's. */
const MAC_PREFIX = '52:54:00:93:00';
const FIRST_HOST = 10;
const LAST_HOST = 250;
const SERVER: Lease = { name: 'network', mac: `${MAC_PREFIX}:01`, address: `${PREFIX}.1` };
/** RFC 1123, 2.1: a label. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** QEMU's net/net.c: NET_BUFSIZE. */
const MOST_FRAME_BYTES = 4_096 + 65_536;
/** As a switch does: what a machine does not take in time is lost. */
const MOST_WAITING_BYTES = 4 * 2 ** 20;
const MOST_ADDRESSES = 1_024;

/**
 * A network that machines share with nobody else: a switch in this process, with DHCP and names. It needs no privilege,
 * no device and no port of the host, and leaves nothing behind.
 *
 * Every machine has an address and a name from the start, which it gets by DHCP and the others find by DNS (`server`, or
 * `server.test`); the host is not on it, and nothing leads out.
 */
export class PrivateNetwork {
  readonly #cables = new Map<string, Cable>();
  /** The cable at which each address was last heard, as a switch learns it. */
  readonly #seenAt = new Map<string, Cable>();

  /**
   * A cable for one machine, for its option `network`.
   * @throws {VmTesterError} OPTIONS_INVALID for a name that no host may have, or another one has; for too many cables
   */
  cable(name: string): Cable {
    const number = FIRST_HOST + this.#cables.size;
    if (number > LAST_HOST) {
      throw new VmTesterError('OPTIONS_INVALID', `a private network has no more than ${this.#cables.size} cables`, {
        hint: 'give the other machines a network of their own',
      });
    }
    if (!NAME.test(name) || name === SERVER.name || this.#cables.has(name)) {
      throw new VmTesterError('OPTIONS_INVALID', `no machine of this network can be called ${JSON.stringify(name)}`, {
        hint: 'give small letters, digits and hyphens, and each machine a name of its own',
      });
    }
    const lease = {
      name,
      mac: `${MAC_PREFIX}:${number.toString(16).padStart(2, '0')}`,
      address: `${PREFIX}.${number}`,
    };
    const cable = new Cable(lease, (frame) => this.#receive(cable, frame));
    this.#cables.set(name, cable);
    return cable;
  }

  #receive(from: Cable, frame: Buffer): void {
    const addresses = addressesOf(frame);
    if (!addresses) return;
    if (this.#seenAt.size >= MOST_ADDRESSES) this.#seenAt.clear();
    this.#seenAt.set(addresses.from, from);
    this.#serve(from, frame);
    if (addresses.to === SERVER.mac) return;
    const known = isForMany(frame) ? undefined : this.#seenAt.get(addresses.to);
    const others = known ? [known] : [...this.#cables.values()];
    for (const cable of others) if (cable !== from) cable.send(frame);
  }

  /** What the network itself answers. */
  #serve(from: Cable, frame: Buffer): void {
    const arp = arpRequestOf(frame);
    if (arp?.asked === SERVER.address) from.send(arpReply(SERVER, arp.from));
    const datagram = datagramOf(frame);
    if (!datagram || (datagram.to.mac !== SERVER.mac && !isForMany(frame))) return;
    const { payload, from: client, to } = datagram;
    if (to.port === DHCP_SERVER_PORT) {
      const server = {
        address: SERVER.address,
        mask: MASK,
        domain: DOMAIN,
        leaseOf: (mac: string) => this.#leaseOf(mac),
      };
      const reply = answerDhcp(payload, server);
      const mac = reply?.to === BROADCAST ? BROADCAST_MAC : client.mac;
      if (reply) from.send(answer({ mac, address: reply.to, port: DHCP_CLIENT_PORT }, DHCP_SERVER_PORT, reply.payload));
    } else if (to.port === DNS_PORT && to.address === SERVER.address) {
      const reply = answerDns(payload, (name) => this.#addressOf(name));
      if (reply) from.send(answer(client, DNS_PORT, reply));
    }
  }

  #leaseOf(mac: string): Lease | undefined {
    return [...this.#cables.values()].find((cable) => cable.mac === mac);
  }

  #addressOf(name: string): string | undefined {
    const suffix = `.${DOMAIN}`;
    return this.#cables.get(name.endsWith(suffix) ? name.slice(0, -suffix.length) : name)?.address;
  }
}

/** One machine's cable into a {@link PrivateNetwork}; a machine after it may have the same. */
export class Cable implements Lease {
  readonly name: string;
  readonly mac: string;
  readonly address: string;
  readonly #receive: (frame: Buffer) => void;
  #link: Duplex | undefined;

  /** Use {@link PrivateNetwork.cable}. */
  constructor({ name, mac, address }: Lease, receive: (frame: Buffer) => void) {
    this.name = name;
    this.mac = mac;
    this.address = address;
    this.#receive = receive;
  }

  /** `link`: where QEMU's stream of frames comes and goes, each after its length. */
  plug(link: Duplex): void {
    this.#link = link;
    let waiting = Buffer.alloc(0);
    link.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 4) {
        const length = waiting.readUInt32BE(0);
        if (length > MOST_FRAME_BYTES) {
          link.destroy(); // no QEMU says so
          return;
        }
        if (waiting.length < 4 + length) return;
        this.#receive(waiting.subarray(4, 4 + length));
        waiting = waiting.subarray(4 + length);
      }
    });
    link.on('close', () => {
      if (this.#link === link) this.#link = undefined;
    });
  }

  /** Sends a frame to the machine, if one is there and takes it. */
  send(frame: Buffer): void {
    const link = this.#link;
    if (!link?.writable || link.writableLength > MOST_WAITING_BYTES) return;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    link.write(Buffer.concat([length, frame]));
  }
}

function answer(to: { mac: string; address: string; port: number }, port: number, payload: Buffer): Buffer {
  return datagramFrame({ from: { ...SERVER, port }, to, payload });
}
