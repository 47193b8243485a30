import { dirname } from 'node:path';
import type { KickstartFile } from '@phyllome/flattener';
import { asError } from '@phyllome/host/errors';
import {
  CodeActionKind,
  type CodeAction,
  type Connection,
  DidChangeWatchedFilesNotification,
  type Hover,
  type InitializeParams,
  type InitializeResult,
  LSPErrorCodes,
  MarkupKind,
  type Position,
  type Range,
  RenameFile,
  RequestType,
  ResponseError,
  type TextDocumentPositionParams,
  type TextEdit,
  TextDocumentSyncKind,
  TextDocuments,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import project from '../package.json' with { type: 'json' };
import { completionsAt } from './completion.ts';
import { type FileFinding, findingsOf, fixEdits, isWithin, toDiagnostic } from './diagnose.ts';
import { formatEdits } from './format.ts';
import { hoverAt, plain } from './hover.ts';
import { Kickstarts, folderOf } from './kickstarts.ts';
import { type FlatLines, definitionsAt, flatLinesOf, implementationsOf, includersAt } from './navigate.ts';
import { LEGEND, foldsOf, tokensOf } from './outline.ts';
import { RenameRefused, type Renaming, newPath, renamableAt, renaming } from './rename.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { type Uris, pathOfUri, urisIn } from './uris.ts';

/**
 * Answers an editor on a connection, until that ends: what it opens is checked after every change, and what it asks about
 * a place is answered from the text as it is open.
 */
export function serve(connection: Connection): void {
  const server = new Server(connection);
  connection.onInitialize((params) => server.initialize(params));
  connection.onInitialized(() => server.initialized());
  server.listen();
}

/** What a client can show. */
interface Abilities {
  readonly snippets: boolean;
  readonly markdown: boolean;
  readonly watching: boolean;
}

/** A document with the kickstarts around it. */
interface Opened {
  readonly document: TextDocument;
  /** As the engine has it. */
  readonly path: string;
  readonly kickstarts: Kickstarts;
  readonly file: KickstartFile;
}

/** What was found in a document, and in which version of it. */
interface Checked {
  readonly version: number;
  readonly findings: readonly FileFinding[];
}

class Server {
  readonly #connection: Connection;
  readonly #documents = new TextDocuments(TextDocument);
  #folders: string[] = [];
  #settings: Settings = DEFAULT_SETTINGS;
  #can: Abilities = { snippets: false, markdown: false, watching: false };
  /** By their folders; emptied when anything changes. */
  readonly #kickstarts = new Map<string, Kickstarts>();
  readonly #checked = new Map<string, Checked>();
  readonly #checks = new Map<string, Check>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async initialize(params: InitializeParams): Promise<InitializeResult> {
    // `rootUri` is what editors sent before there were folders; some still do.
    const uris = params.workspaceFolders?.map(({ uri }) => uri) ?? [params.rootUri ?? []].flat();
    this.#folders = uris.map((uri) => pathOfUri(uri, process.cwd()));
    const { textDocument, workspace } = params.capabilities;
    this.#can = {
      snippets: textDocument?.completion?.completionItem?.snippetSupport === true,
      markdown: textDocument?.hover?.contentFormat?.includes(MarkupKind.Markdown) === true,
      watching: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    };
    await this.#use(params.initializationOptions);
    return {
      serverInfo: { name: 'kickstart-language-server', version: project.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.SourceFixAll] },
        hoverProvider: true,
        definitionProvider: true,
        implementationProvider: true,
        referencesProvider: true,
        renameProvider: { prepareProvider: true },
        documentFormattingProvider: true,
        foldingRangeProvider: true,
        semanticTokensProvider: { legend: LEGEND, full: true },
        completionProvider: { triggerCharacters: ['-', '=', '%', '/', '@', ','] },
        workspace: {
          fileOperations: { willRename: { filters: [{ scheme: 'file', pattern: { glob: '**/*.{ks,cfg}' } }] } },
        },
      },
    };
  }

  async initialized(): Promise<void> {
    if (!this.#can.watching) return;
    const watchers = ['**/*.{ks,cfg}', '**/lint.json', '**/release.json'].map((globPattern) => ({ globPattern }));
    await this.#connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  }

  listen(): void {
    const [connection, documents] = [this.#connection, this.#documents];
    documents.onDidChangeContent(({ document }) => this.#changed(document));
    documents.onDidSave(() => this.#changedOutside());
    documents.onDidClose(({ document }) => this.#closed(document));
    connection.onDidChangeWatchedFiles(() => this.#changedOutside());
    connection.onDidChangeConfiguration(async ({ settings }) => {
      await this.#use(settings);
      this.#changedOutside();
    });
    connection.onHover(({ textDocument, position }) => this.#hover(textDocument.uri, position));
    connection.onCompletion(({ textDocument, position }) => {
      const opened = this.#opened(textDocument.uri);
      return opened && completionsAt(opened.kickstarts, opened.file, position, this.#can);
    });
    connection.onCodeAction(({ textDocument, range, context }) => this.#fixes(textDocument.uri, range, context.only));
    this.#listenToNavigation();
    documents.listen(connection);
    connection.listen();
  }

  #listenToNavigation(): void {
    const connection = this.#connection;
    connection.onDefinition((asked) =>
      this.#at(asked, ({ kickstarts, file }, at, uris) => definitionsAt(kickstarts, file, at, uris)),
    );
    connection.onReferences((asked) =>
      this.#at(asked, ({ kickstarts, file }, at, uris) => includersAt(kickstarts, file, at, uris)),
    );
    connection.onImplementation((asked) =>
      this.#at(asked, ({ kickstarts, path }, { line }, uris) =>
        implementationsOf(kickstarts, { path, line: line + 1 }, uris),
      ),
    );
    connection.onRequest(FLAT_LINES, (asked) =>
      this.#at(asked, ({ kickstarts, path }, { line }) => flatLinesOf(kickstarts, { path, line: line + 1 })),
    );
    connection.onPrepareRename((asked) =>
      this.#at(asked, ({ kickstarts, file }, at) => renamableAt(kickstarts, file, at)),
    );
    connection.onRenameRequest((asked) =>
      this.#at(asked, ({ kickstarts, file, path }, at, uris) => {
        const found = renamableAt(kickstarts, file, at);
        if (found === undefined) return undefined;
        const to = newPath(kickstarts, path, found.placeholder, asked.newName);
        return this.#refusing(() => renaming(kickstarts, found.path, to), uris, true);
      }),
    );
    connection.workspace.onWillRenameFiles(({ files }) => {
      // One at a time, as people do it: of several, each would be checked against what the others were.
      const [file, ...more] = files;
      if (file === undefined || more.length > 0) return null;
      const { kickstarts, path } = this.#around(file.oldUri);
      const to = kickstarts.relative(pathOfUri(file.newUri, kickstarts.root));
      return this.#refusing(() => renaming(kickstarts, path, to), urisIn(kickstarts.root), false);
    });
    connection.onDocumentFormatting(({ textDocument }) => {
      const opened = this.#opened(textDocument.uri);
      if (opened === undefined) return [];
      const { document, kickstarts, file } = opened;
      return formatEdits(file, document.getText(), kickstarts.releaseOf(file).release);
    });
    connection.onFoldingRanges(({ textDocument }) => {
      const opened = this.#opened(textDocument.uri);
      return opened && foldsOf(opened.file);
    });
    connection.languages.semanticTokens.on(({ textDocument }) => {
      const opened = this.#opened(textDocument.uri);
      return opened === undefined ? { data: [] } : tokensOf(opened.file, opened.kickstarts.releaseOf(opened.file));
    });
  }

  /** Answers about a place of an open document; `null` of one that is not open. */
  #at<T>(
    { textDocument, position }: TextDocumentPositionParams,
    answer: (opened: Opened, at: Position, uris: Uris) => T,
  ): T | null {
    const opened = this.#opened(textDocument.uri);
    if (opened === undefined) return null;
    try {
      return answer(opened, position, urisIn(opened.kickstarts.root));
    } catch (error) {
      if (error instanceof RenameRefused) throw new ResponseError(LSPErrorCodes.RequestFailed, error.message);
      throw error;
    }
  }

  /** What a renaming is to an editor, which moves the file itself where it says that it will. */
  #refusing(make: () => Renaming, uris: Uris, moves: boolean): WorkspaceEdit {
    try {
      const { from, to, edits } = make();
      const changes = [...edits].map(([path, its]) => ({
        textDocument: { uri: uris.of(path), version: this.#documents.get(uris.of(path))?.version ?? null },
        edits: [...its],
      }));
      const move = from === to || !moves ? [] : [RenameFile.create(uris.of(from), uris.of(to))];
      return { documentChanges: [...changes, ...move] };
    } catch (error) {
      if (error instanceof RenameRefused) throw new ResponseError(LSPErrorCodes.RequestFailed, error.message);
      throw error;
    }
  }

  async #use(sent: unknown): Promise<void> {
    // Most send nothing, and the library that checks what is sent is a third of a start.
    const read = sent == null ? DEFAULT_SETTINGS : (await import('./read-settings.ts')).readSettings(sent);
    if ('problem' in read) this.#connection.window.showWarningMessage(`kickstart settings: ${read.problem}`);
    else this.#settings = read;
    this.#kickstarts.clear();
  }

  /** The kickstarts around a file, and the file's path among them. */
  #around(uri: string): { kickstarts: Kickstarts; path: string } {
    const absolute = pathOfUri(uri, this.#folders[0] ?? process.cwd());
    const folder = folderOf(absolute, this.#folders);
    const key = folder.isOpened ? folder.path : dirname(absolute);
    let kickstarts = this.#kickstarts.get(key);
    if (kickstarts === undefined) {
      kickstarts = new Kickstarts(folder, (path) => this.#textOf(path), this.#settings);
      this.#kickstarts.set(key, kickstarts);
    }
    return { kickstarts, path: kickstarts.relative(absolute) };
  }

  #textOf(path: string): string | undefined {
    return this.#byPath.get(path)?.getText();
  }

  readonly #byPath = new Map<string, TextDocument>();

  #opened(uri: string): Opened | undefined {
    const document = this.#documents.get(uri);
    if (document === undefined) return undefined;
    const { kickstarts, path } = this.#around(uri);
    return { document, path, kickstarts, file: kickstarts.parse(path) };
  }

  #changed(document: TextDocument): void {
    const absolute = pathOfUri(document.uri, this.#folders[0] ?? process.cwd());
    const isNew = this.#byPath.get(absolute) !== document;
    this.#byPath.set(absolute, document);
    if (isNew) this.#kickstarts.clear();
    else for (const kickstarts of this.#kickstarts.values()) kickstarts.changed(kickstarts.relative(absolute));
    this.#check(document.uri);
    // What it is a part of, or what is a part of it.
    for (const { uri } of this.#documents.all()) if (uri !== document.uri) this.#check(uri);
  }

  #changedOutside(): void {
    this.#kickstarts.clear();
    for (const { uri } of this.#documents.all()) this.#check(uri);
  }

  #closed(document: TextDocument): void {
    this.#byPath.delete(pathOfUri(document.uri, this.#folders[0] ?? process.cwd()));
    this.#checks.get(document.uri)?.cancel();
    this.#checks.delete(document.uri);
    this.#checked.delete(document.uri);
    this.#changedOutside();
    void this.#connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  }

  #check(uri: string): void {
    let check = this.#checks.get(uri);
    if (check === undefined) {
      check = new Check((signal) => this.#diagnose(uri, signal));
      this.#checks.set(uri, check);
    }
    check.ask();
  }

  async #diagnose(uri: string, signal: AbortSignal): Promise<void> {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    const { version } = document;
    try {
      const { kickstarts, path } = this.#around(uri);
      const findings = await findingsOf(kickstarts, path, signal);
      this.#checked.set(uri, { version, findings });
      const uris = urisIn(kickstarts.root);
      const diagnostics = findings.map((finding) => toDiagnostic(finding, uris));
      await this.#connection.sendDiagnostics({ uri, version, diagnostics });
    } catch (error) {
      if (signal.aborted) return;
      this.#connection.console.error(`${uri} could not be checked: ${asError(error).stack ?? ''}`);
    }
  }

  #hover(uri: string, at: Position): Hover | undefined {
    const opened = this.#opened(uri);
    const shown = opened && hoverAt(opened.kickstarts, opened.file, at);
    if (shown === undefined) return undefined;
    const { markdown, range } = shown;
    return this.#can.markdown
      ? { contents: { kind: MarkupKind.Markdown, value: markdown }, range }
      : { contents: { kind: MarkupKind.PlainText, value: plain(markdown) }, range };
  }

  /** Fixes of what was found in this very text: for each finding in the range, and for all that the file has. */
  #fixes(uri: string, range: Range, only?: readonly string[]): CodeAction[] {
    const opened = this.#opened(uri);
    const checked = this.#checked.get(uri);
    if (opened === undefined || checked?.version !== opened.document.version) return [];
    const { path, document, kickstarts } = opened;
    const text = document.getText();
    const uris = urisIn(kickstarts.root);
    const edit = (edits: TextEdit[]): WorkspaceEdit => ({ changes: { [uri]: edits } });
    const wants = (kind: string): boolean => only?.every((one) => !`${kind}.`.startsWith(`${one}.`)) !== true;
    const fixable = checked.findings.filter(({ fix }) => fix !== undefined);
    const each = fixable
      .filter(({ at, length }) => isWithin(at, length, range))
      .map((finding) => ({
        title: `Fix: ${finding.hint}`,
        kind: CodeActionKind.QuickFix,
        isPreferred: true,
        diagnostics: [toDiagnostic(finding, uris)],
        edit: edit(fixEdits([finding], path, text)),
      }));
    const all =
      fixable.length === 0
        ? []
        : [
            {
              title: 'Fix all that can be fixed safely',
              kind: CodeActionKind.SourceFixAll,
              edit: edit(fixEdits(fixable, path, text)),
            },
          ];
    return [...(wants(CodeActionKind.QuickFix) ? each : []), ...(wants(CodeActionKind.SourceFixAll) ? all : [])];
  }
}

/** What a leaf line becomes in each flat kickstart: the protocol has no word for it. */
const FLAT_LINES = new RequestType<TextDocumentPositionParams, readonly FlatLines[] | null, void>(
  'kickstart/flatLines',
);

/**
 * Checks of one document, the newest text only. A check that takes long waits for a pause in the typing: as long as the
 * last one took, and at most {@link LONGEST_PAUSE}.
 */
class Check {
  readonly #run: (signal: AbortSignal) => Promise<void>;
  #running: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #took = 0;

  constructor(run: (signal: AbortSignal) => Promise<void>) {
    this.#run = run;
  }

  ask(): void {
    this.cancel();
    this.#timer = setTimeout(() => void this.#start(), Math.min(this.#took, LONGEST_PAUSE));
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  async #start(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const started = performance.now();
    await this.#run(running.signal);
    this.#took = performance.now() - started;
  }
}

/** Milliseconds. */
const LONGEST_PAUSE = 300;
