import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerDhcp } from './dhcp.ts';
import type { DhcpServer } from './dhcp.ts';
import {
  BROADCAST,
  BROADCAST_MAC,
  addressAt,
  addressBytes,
  arpRequestOf,
  datagramFrame,
  datagramOf,
  macBytes,
} from './frames.ts';
import { answerDns } from './names.ts';
import { PrivateNetwork } from './private-network.ts';
import type { Cable } from './private-network.ts';

/** A machine at the end of a cable: what it received, and a way to send. */
function plugged(cable: Cable): { link: Duplex; received: Buffer[]; send: (frame: Buffer) => Promise<void> } {
  const [link, theirs] = duplexPair();
  cable.plug(theirs);
  const received: Buffer[] = [];
  link.on('data', (chunk: Buffer) => received.push(chunk.subarray(4)));
  const send = async (frame: Buffer) => {
    link.write(Buffer.concat([length(frame), frame]));
    for (let turn = 0; turn < 5; turn++) await setImmediate();
  };
  return { link, received, send };
}

function length(frame: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(frame.length);
  return bytes;
}

/** A frame of one address for another, with a word in it. */
const frame = (from: string, to: string, word = 'word') =>
  Buffer.concat([macBytes(to), macBytes(from), Buffer.from([0x88, 0xb5]), Buffer.from(word)]);

describe('the switch', () => {
  test('sends what is for all to all others, and what is for one to that one', async () => {
    const network = new PrivateNetwork();
    const cables = ['a', 'b', 'c'].map((name) => network.cable(name));
    const [a, b, c] = cables.map(plugged);
    const [macA = '', macB = ''] = cables.map(({ mac }) => mac);
    await a?.send(frame(macA, BROADCAST_MAC));
    expect([a, b, c].map((one) => one?.received.length)).toEqual([0, 1, 1]);
    await b?.send(frame(macB, macA));
    expect([a, b, c].map((one) => one?.received.length)).toEqual([1, 1, 1]);
  });

  test('is not shared with another network', async () => {
    const [one, other] = [new PrivateNetwork().cable('a'), new PrivateNetwork().cable('b')];
    const [a, b] = [plugged(one), plugged(other)];
    await a.send(frame(one.mac, BROADCAST_MAC));
    expect(b.received).toEqual([]);
  });

  test('takes frames in pieces, and cuts off who sends no frames', async () => {
    const network = new PrivateNetwork();
    const [a, b] = [plugged(network.cable('a')), plugged(network.cable('b'))];
    const bytes = frame('52:54:00:00:00:01', BROADCAST_MAC);
    for (const byte of Buffer.concat([length(bytes), bytes])) {
      a.link.write(Buffer.from([byte]));
      await setImmediate();
    }
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    expect(b.received).toEqual([bytes]);
    a.link.write(Buffer.alloc(4, 0xff));
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    await a.send(bytes).catch(() => {});
    expect(b.received).toHaveLength(1);
  });

  test.each(['', 'Two', 'a.b', '-a', 'network', 'a'.repeat(64)])('calls no machine %j', (name) => {
    expect(() => new PrivateNetwork().cable(name)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });

  test('says that it is full, not that a name is wrong', () => {
    const network = new PrivateNetwork();
    const cables = Array.from({ length: 241 }, (_, index) => network.cable(`m${index}`));
    expect(new Set(cables.map(({ address }) => address)).size).toBe(241);
    expect(() => network.cable('one-more')).toThrow('a private network has no more than 241 cables');
  });
});

const LEASE = { name: 'server', mac: '52:54:00:93:00:0a', address: '10.93.0.10' };
const SERVER: DhcpServer = {
  address: '10.93.0.1',
  mask: '255.255.255.0',
  domain: 'test',
  leaseOf: (mac) => (mac === LEASE.mac ? LEASE : undefined),
};

/** A client's message. */
function request({
  type,
  mac = LEASE.mac,
  current = '0.0.0.0',
  options = [],
}: {
  type: number;
  mac?: string;
  current?: string;
  options?: number[];
}): Buffer {
  const fixed = Buffer.alloc(236);
  fixed.set([1, 1, 6, 0, 1, 2, 3, 4], 0);
  fixed.set(addressBytes(current), 12);
  fixed.set(macBytes(mac), 28);
  return Buffer.concat([fixed, Buffer.from([0x63, 0x82, 0x53, 0x63, 53, 1, type, ...options, 255])]);
}

const requested = (address: string) => [50, 4, ...addressBytes(address)];

const typeOf = (message: Buffer) => answerDhcp(message, SERVER)?.payload[242];

describe('DHCP', () => {
  test('offers a machine its lease, with network, name and name server', () => {
    const reply = answerDhcp(request({ type: 1 }), SERVER);
    expect(reply?.to).toBe(BROADCAST);
    const { payload = Buffer.alloc(0) } = reply ?? {};
    expect([payload[0], payload[242]]).toEqual([2, 2]);
    expect(payload.subarray(4, 8)).toEqual(Buffer.from([1, 2, 3, 4]));
    expect(addressAt(payload, 16)).toBe(LEASE.address);
    const options = payload.toString('latin1', 240);
    for (const [code, value] of [
      [1, Buffer.from([255, 255, 255, 0])],
      [6, addressBytes(SERVER.address)],
      [12, Buffer.from('server')],
      [15, Buffer.from('test')],
    ] as const) {
      expect(options).toContain(Buffer.from([code, value.length, ...value]).toString('latin1'));
    }
  });

  test("grants the address that is the machine's, and refuses another", () => {
    expect(typeOf(request({ type: 3, options: requested(LEASE.address) }))).toBe(5);
    expect(typeOf(request({ type: 3, options: requested('10.93.0.99') }))).toBe(6);
    expect(answerDhcp(request({ type: 3, current: LEASE.address }), SERVER)?.to).toBe(LEASE.address);
  });

  test('has no answer for a stranger, for another server, for what is released', () => {
    expect(typeOf(request({ type: 1, mac: '02:00:00:00:00:01' }))).toBeUndefined();
    expect(typeOf(request({ type: 3, options: [54, 4, 1, 2, 3, 4] }))).toBeUndefined();
    expect(typeOf(request({ type: 7 }))).toBeUndefined();
  });
});

function query(name: string, type = 1): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

function ask(bytes: Buffer): { code: number; answers: number; end: string } | undefined {
  const reply = answerDns(bytes, (name) => (name === 'server.test' ? '10.93.0.10' : undefined));
  return (
    reply && { code: (reply[3] ?? 0) & 0xf, answers: reply.readUInt16BE(6), end: addressAt(reply, reply.length - 4) }
  );
}

describe('names', () => {
  test('an address, in whatever case it is asked for', () => {
    expect(ask(query('Server.TEST'))).toEqual({ code: 0, answers: 1, end: '10.93.0.10' });
  });

  test('no IPv6 address of a name that there is, and nothing of another', () => {
    expect(ask(query('server.test', 28))).toMatchObject({ code: 0, answers: 0 });
    expect(ask(query('other.test'))).toMatchObject({ code: 3, answers: 0 });
  });

  test('no answer to an answer, or to half a question', () => {
    const answered = query('server.test');
    answered.writeUInt8(0x81, 2);
    expect(ask(answered)).toBeUndefined();
    expect(ask(query('server.test').subarray(0, 20))).toBeUndefined();
  });
});

test('a datagram is read as it was written', () => {
  const datagram = {
    from: { mac: '52:54:00:93:00:01', address: '10.93.0.1', port: 67 },
    to: { mac: BROADCAST_MAC, address: BROADCAST, port: 68 },
    payload: Buffer.from('hello'),
  };
  expect(datagramOf(datagramFrame(datagram))).toEqual(datagram);
});

test('no bytes of a guest make it fail', () => {
  const before = request({ type: 1 }).subarray(0, 240);
  const types = new Set<unknown>();
  assert(
    property(uint8Array({ maxLength: 400 }), (bytes) => {
      const text = Buffer.from(bytes);
      for (const read of [datagramOf, arpRequestOf]) types.add(typeof read(text));
      types.add(typeof answerDns(text, () => '10.93.0.10'));
      for (const message of [text, Buffer.concat([before, text])]) types.add(typeof answerDhcp(message, SERVER));
    }),
  );
  expect([...types].filter((type) => type !== 'object' && type !== 'undefined')).toEqual([]);
});
