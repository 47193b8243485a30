import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  ExitNotification,
  FileChangeType,
  InitializeRequest,
  type InitializeResult,
  InitializedNotification,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from 'vscode-languageserver/node';

const PROGRAM = join(import.meta.dirname, '../../bin/kickstart-language-server.js');

const CAPABILITIES: ClientCapabilities = {
  textDocument: {
    completion: { completionItem: { snippetSupport: true } },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    rename: { prepareSupport: true },
  },
  workspace: {
    workspaceEdit: { documentChanges: true, resourceOperations: ['rename'] },
    fileOperations: { willRename: true },
  },
};

/** Milliseconds, on a machine with much else to do. */
const LONGEST = 60_000;

/** What was found in one version of a document. */
interface Published {
  readonly version: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A place in a text that has one `‸`, and the text without it. */
export function cursorIn(marked: string): { text: string; at: { line: number; character: number } } {
  const before = marked.slice(0, marked.indexOf('‸')).split('\n');
  return {
    text: marked.replace('‸', ''),
    at: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  };
}

/** An editor as the server sees one: the protocol's own client, over the standard streams of the real program. */
export class Editor implements AsyncDisposable {
  readonly connection: ProtocolConnection;
  readonly folder: string;
  /** What the server wrote to standard error. */
  stderr = '';
  readonly #process: ChildProcess;
  readonly #ownsFolder: boolean;
  readonly #published = new Map<string, Published>();
  readonly #versions = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  private constructor(folder: string, ownsFolder: boolean) {
    this.folder = folder;
    this.#ownsFolder = ownsFolder;
    const server = spawn(process.execPath, [PROGRAM, '--stdio'], { stdio: 'pipe', cwd: tmpdir() });
    this.#process = server;
    server.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    this.connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, version, diagnostics }) => {
      this.#published.set(uri, { version, diagnostics });
      for (const look of this.#waiting) look();
    });
    this.connection.listen();
  }

  /** In a new folder with these files. */
  static in(files: Readonly<Record<string, string>>, settings?: object): Promise<Editor> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kickstarts-')));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return Editor.#start(new Editor(folder, true), settings);
  }

  /** In a folder that is there, and stays. */
  static at(folder: string, settings?: object): Promise<Editor> {
    return Editor.#start(new Editor(folder, false), settings);
  }

  capabilities: InitializeResult['capabilities'] = {};

  static async #start(editor: Editor, settings?: object): Promise<Editor> {
    const { capabilities } = await editor.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: null,
      capabilities: CAPABILITIES,
      workspaceFolders: [{ uri: pathToFileURL(editor.folder).href, name: 'kickstarts' }],
      initializationOptions: settings,
    });
    editor.capabilities = capabilities;
    await editor.connection.sendNotification(InitializedNotification.type, {});
    return editor;
  }

  uri(path: string): string {
    return pathToFileURL(join(this.folder, path)).href;
  }

  /** What is on the disk. */
  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** Opens a document, with the text on the disk unless another is given; what is found in it. */
  async open(path: string, text = this.read(path)): Promise<readonly Diagnostic[]> {
    const uri = this.uri(path);
    this.#versions.set(uri, 1);
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: 'kickstart', version: 1, text },
    });
    return this.found(path);
  }

  /** Replaces the whole text; what is found in that. */
  async change(path: string, text: string): Promise<readonly Diagnostic[]> {
    const uri = this.uri(path);
    const version = (this.#versions.get(uri) ?? 0) + 1;
    this.#versions.set(uri, version);
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    });
    return this.found(path);
  }

  /** Writes a file that is not open, and says so, as an editor that watches the folder does. */
  async write(path: string, text: string): Promise<void> {
    writeFileSync(join(this.folder, path), text);
    await this.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: this.uri(path), type: FileChangeType.Changed }],
    });
  }

  /** What is found in the newest version of a document, once it meets a condition. */
  async found(
    path: string,
    meets: (diagnostics: readonly Diagnostic[]) => boolean = () => true,
  ): Promise<readonly Diagnostic[]> {
    const uri = this.uri(path);
    const done = Promise.withResolvers<readonly Diagnostic[]>();
    const look = (): void => {
      const published = this.#published.get(uri);
      if (published?.version === this.#versions.get(uri) && published && meets(published.diagnostics))
        done.resolve(published.diagnostics);
    };
    const exited = (): void => done.reject(new Error(`the server ended: ${this.stderr}`));
    const bound = setTimeout(
      () => done.reject(new Error(`not found: ${JSON.stringify(this.#published.get(uri))}`)),
      LONGEST,
    );
    this.#waiting.add(look);
    this.#process.once('exit', exited);
    look();
    try {
      return await done.promise;
    } finally {
      clearTimeout(bound);
      this.#waiting.delete(look);
      this.#process.off('exit', exited);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit');
    if (this.#process.exitCode === null) {
      await this.connection.sendRequest(ShutdownRequest.type);
      await this.connection.sendNotification(ExitNotification.type);
      await exit;
    }
    this.connection.dispose();
    if (this.#ownsFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Applies the edits of one document, which must not overlap. */
export function applied(
  text: string,
  edits: readonly {
    range: { start: { line: number; character: number }; end: { line: number; character: number } };
    newText: string;
  }[],
): string {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  const offset = ({ line, character }: { line: number; character: number }): number =>
    (starts[line] ?? text.length) + character;
  return edits
    .toSorted((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}
