import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import type { Builder, Engine } from '@phyllome/iso-builder';
import { ensureImage } from '@phyllome/iso-builder';
import { withBounds } from '../../iso-builder/src/engine/bounds.ts';

/** A container of a builder's image that runs a command, as an engine sees it and no library of ours. */
export interface TestContainer extends AsyncDisposable {
  /** What it has printed so far, both streams. */
  output(): string;
  kill(signal: string): Promise<void>;
  exitCode(): Promise<number>;
  /** A file of it, and the header of the tar stream that it comes in. */
  read(path: string): Promise<string>;
}

/** Podman sets limits of its own, which it may not where it is itself confined. */
const ulimits = [
  { Name: 'nofile', Soft: 1024, Hard: 1024 },
  { Name: 'nproc', Soft: 4096, Hard: 4096 },
];

/**
 * Starts a command in a new container of the builder's image, with the builder's privileges and caches.
 *
 * @param options `env` as `NAME=value`; `tmpfs` are file systems in memory, with their mount options
 */
export async function startContainer(
  engine: Engine,
  builder: Builder,
  command: readonly string[],
  options: { env?: string[]; tmpfs?: Record<string, string> } = {},
): Promise<TestContainer> {
  const { id } = await ensureImage(engine, builder);
  const { SecurityOptions = [] }: { SecurityOptions?: string[] } = await engine.docker.info();
  const apparmor = SecurityOptions.some((option) => option.startsWith('name=apparmor'));
  const container = await engine.docker.createContainer({
    Image: id,
    Entrypoint: [],
    Cmd: [...command],
    Env: options.env ?? [],
    // A terminal would echo what the request to attach says.
    Tty: false,
    HostConfig: {
      CapDrop: [...builder.privileges.capDrop],
      CapAdd: [...builder.privileges.capAdd],
      Binds: (builder.caches ?? []).map(({ name, path }) => `${name}:${path}`),
      SecurityOpt: ['label=disable', ...(apparmor ? ['apparmor=unconfined'] : [])],
      Tmpfs: options.tmpfs ?? {},
      Ulimits: ulimits,
    },
  });
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  await using unlessStarted = new AsyncDisposableStack();
  unlessStarted.defer(() => container.remove({ force: true, v: true }));
  // Compressing a system says nothing for minutes.
  const stream = await withBounds({ silenceMs: Infinity }, () =>
    container.attach({ stream: true, stdout: true, stderr: true }),
  );
  const ended = finished(stream, { writable: false }).catch(() => undefined);
  engine.docker.modem.demuxStream(stream, sink, sink);
  await container.start();
  const resources = unlessStarted.move();
  return {
    output: () => Buffer.concat(chunks).toString().replaceAll('\r', ''),
    kill: async (signal) => {
      await container.kill({ signal });
    },
    exitCode: async () => {
      const { StatusCode: code }: { StatusCode: number } = await withBounds({ answerMs: Infinity }, () =>
        container.wait(),
      );
      // The stream's last chunk may come after the news of the end; that it ends is not certain with every engine.
      await Promise.race([ended, setTimeout(10_000, undefined, { ref: false })]);
      return code;
    },
    read: async (path) => {
      const chunksOfTar: Buffer[] = [];
      for await (const chunk of await container.getArchive({ path })) chunksOfTar.push(Buffer.from(chunk));
      return Buffer.concat(chunksOfTar).toString();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
