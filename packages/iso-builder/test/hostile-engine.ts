import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

/** Where an engine may hang. */
export const hangs = ['info', 'create', 'PUT', 'start', 'wait', 'logs', 'DELETE'] as const;
export type Hang = (typeof hangs)[number];

/** An engine that answers Docker's API, up to the point where it does not. */
export interface HostileEngine extends AsyncDisposable {
  /** As DOCKER_HOST has it. */
  readonly address: string;
  /** Resolves when the request came that is never answered. */
  readonly hung: Promise<void>;
  /** Every request, as `POST /containers/create`. */
  readonly asked: readonly string[];
}

/** What else it does, by the request's method and path; true when it has taken care of it. */
export type Answer = (request: string, response: ServerResponse) => boolean;

/**
 * Plays an engine on a socket of its own: it has every image, makes a container, and runs it.
 *
 * @param hang which request is never answered
 * @param answer takes care of requests before anything else does
 */
export async function hostileEngine({ hang, answer }: { hang?: Hang; answer?: Answer }): Promise<HostileEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'hostile-'));
  const socket = join(directory, 'engine.sock');
  const asked: string[] = [];
  const hung = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url?.split('?', 1)[0]}`;
    asked.push(name);
    if (name === 'PUT /containers/abc/archive' && hang !== 'PUT') request.resume();
    if (answer?.(name, response) === true) return;
    if (hang !== undefined && matches[hang].test(name)) hung.resolve();
    else if (!reply(name, response)) refuse(request, response);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    address: `unix://${socket}`,
    hung: hung.promise,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const matches: Record<Hang, RegExp> = {
  info: /^GET \/info$/u,
  create: /^POST \/containers\/create$/u,
  PUT: /^PUT \/containers\/abc\/archive$/u,
  start: /^POST \/containers\/abc\/start$/u,
  wait: /^POST \/containers\/abc\/(?:wait|kill)$/u,
  logs: /^(?:GET \/containers\/abc\/logs|POST \/containers\/abc\/wait)$/u,
  DELETE: /^DELETE \/containers\//u,
};

const answers: [RegExp, number, unknown][] = [
  [/^GET \/version$/u, 200, { Version: '24.0.0', Components: [] }],
  [/^GET \/info$/u, 200, { SecurityOptions: [], MemTotal: 2 ** 34 }],
  [/^GET \/containers\/json$/u, 200, []],
  [/^GET \/images\/json$/u, 200, [{ Id: 'sha256:1' }]],
  [/^POST \/volumes\/create$/u, 201, { Name: 'cache' }],
  [/^POST \/containers\/create$/u, 201, { Id: 'abc' }],
  [/^PUT \/containers\/abc\/archive$/u, 200, ''],
  [/^POST \/containers\/abc\/start$/u, 204, ''],
  // It failed: there is nothing to fetch then.
  [/^POST \/containers\/abc\/wait$/u, 200, { StatusCode: 1 }],
  [/^GET \/containers\/abc\/logs$/u, 200, ''],
  [/^POST \/containers\/[^/]+\/kill$/u, 204, ''],
  [/^DELETE \/containers\//u, 204, ''],
];

function reply(name: string, response: ServerResponse): boolean {
  const found = answers.find(([pattern]) => pattern.test(name));
  if (found === undefined) return false;
  const [, status, body] = found;
  response.writeHead(status, { 'content-type': 'application/json' }).end(body === '' ? '' : JSON.stringify(body));
  return true;
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message: `no ${request.url}` }));
}
