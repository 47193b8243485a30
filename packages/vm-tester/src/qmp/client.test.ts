import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempDisposable } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { QmpClient } from './client.ts';

const Command = z.object({ execute: z.string(), id: z.number() });
const GREETING = '{"QMP": {"version": {"qemu": {"major": 10}}, "capabilities": []}}\r\n';

/** Both ends of a real Unix socket: ours, and the one where a test plays QEMU. */
async function socketPair(): Promise<AsyncDisposable & { ours: Socket; peer: Socket }> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'qmp-'));
  const { promise: accepted, resolve } = Promise.withResolvers<Socket>();
  const server = createServer(resolve).listen(join(directory.path, 's'));
  await once(server, 'listening');
  const ours = connect(join(directory.path, 's'));
  const peer = await accepted;
  return {
    ours,
    peer,
    async [Symbol.asyncDispose]() {
      ours.destroy();
      peer.destroy();
      server.close();
      await directory.remove();
    },
  };
}

/** Answers each command as scripted; unknown commands are answered with an error. */
function play(peer: Socket, replies: Record<string, string[]>): void {
  peer.write(GREETING);
  peer.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      const { execute, id } = Command.parse(JSON.parse(line));
      const refusal = `{"error": {"class": "CommandNotFound", "desc": "no ${execute}"}, "id": ID}`;
      for (const reply of replies[execute] ?? [refusal]) peer.write(`${reply.replace('ID', String(id))}\r\n`);
    }
  });
}

const OK = '{"return": {}, "id": ID}';

describe('QmpClient', () => {
  test('negotiates, and matches replies by id', async () => {
    await using pair = await socketPair();
    play(pair.peer, { qmp_capabilities: [OK], 'query-status': ['{"return": {"status": "running"}, "id": ID}'] });
    const client = await QmpClient.connect(pair.ours);
    expect(await client.execute('query-status')).toEqual({ status: 'running' });
  });

  test('an event that a command causes reaches a listener added before it', async () => {
    await using pair = await socketPair();
    const event = '{"event": "RESUME", "timestamp": {"seconds": 1, "microseconds": 2}}';
    play(pair.peer, { qmp_capabilities: [OK], cont: [event, OK] });
    const client = await QmpClient.connect(pair.ours);
    const events: string[] = [];
    client.onEvent(({ event: name }) => events.push(name));
    await client.execute('cont');
    expect(events).toEqual(['RESUME']);
  });

  test('a refusal is a typed error with the reason', async () => {
    await using pair = await socketPair();
    play(pair.peer, { qmp_capabilities: [OK] });
    const client = await QmpClient.connect(pair.ours);
    await expect(client.execute('nonsense')).rejects.toMatchObject({
      code: 'QMP_COMMAND',
      message: 'QEMU refused nonsense: no nonsense',
    });
  });

  test('a peer that hangs up rejects what is pending, and what comes after', async () => {
    await using pair = await socketPair();
    play(pair.peer, { qmp_capabilities: [OK], quit: [] });
    const client = await QmpClient.connect(pair.ours);
    const pending = client.execute('quit');
    pair.peer.end();
    await expect(pending).rejects.toMatchObject({ code: 'QMP_CLOSED' });
    await expect(client.execute('quit')).rejects.toMatchObject({ code: 'QMP_CLOSED' });
    expect(client.open).toBe(false);
  });

  test('a command without a reply is reported, and a reply that comes late still counts', async () => {
    await using pair = await socketPair();
    const silence = Promise.withResolvers<string>();
    play(pair.peer, { qmp_capabilities: [OK], stop: [] });
    const client = await QmpClient.connect(pair.ours, { replyMs: 1, onSilence: silence.resolve });
    const stopping = client.execute('stop');
    expect(await silence.promise).toBe('stop');
    pair.peer.write('{"return": {}, "id": 2}\r\n');
    expect(await stopping).toEqual({});
  });

  test('a command without a reply is given up where nobody is told of it', async () => {
    await using pair = await socketPair();
    play(pair.peer, { qmp_capabilities: [OK], stop: [] });
    const client = await QmpClient.connect(pair.ours, { replyMs: 1 });
    await expect(client.execute('stop')).rejects.toMatchObject({
      code: 'QMP_COMMAND',
      message: 'QEMU does not reply to stop',
    });
    pair.peer.write('{"return": {}, "id": 2}\r\n');
    await expect(client.execute('nonsense')).rejects.toThrow('QEMU refused nonsense');
  });

  test('no greeting is an error, not a wait', async () => {
    await using pair = await socketPair();
    pair.peer.end();
    await expect(QmpClient.connect(pair.ours)).rejects.toMatchObject({ code: 'QMP_CLOSED' });
  });

  test('bytes that are no QMP close the connection', async () => {
    await using pair = await socketPair();
    pair.peer.write('SSH-2.0-OpenSSH\n');
    await expect(QmpClient.connect(pair.ours)).rejects.toMatchObject({ code: 'QMP_CLOSED' });
  });
});
