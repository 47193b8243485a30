import type { Diagnostic } from './diagnostics.ts';
import type { Line } from './source.ts';
import type { Word } from './words.ts';

/** A file as written, every byte of it: the lossless view. `print` gives the text back. */
export interface KickstartFile {
  readonly path: string;
  /** A byte order mark, if the file starts with one. */
  readonly bom: string;
  readonly nodes: readonly Node[];
  readonly diagnostics: readonly Diagnostic[];
}

export type Node = Blank | Comment | CommandLine | Include | Section | StrayEnd;

export interface Blank {
  readonly kind: 'blank';
  readonly line: Line;
}

/** `# text` on a line of its own. */
export interface Comment {
  readonly kind: 'comment';
  readonly line: Line;
}

/** `name arguments...`; `words[0]` is the name. No words where the line could not be split. */
export interface CommandLine {
  readonly kind: 'command';
  readonly line: Line;
  readonly words: readonly Word[];
}

/** `%include path`, or `%ksappend path`; the target is missing where the line names none. */
export interface Include {
  readonly kind: 'include';
  readonly line: Line;
  readonly target: Word | undefined;
}

/** `%name options`, its body, `%end`. A section without end runs to the next section or to the end of the file. */
export interface Section {
  readonly kind: 'section';
  /** With the percent sign: `%post`. */
  readonly name: string;
  readonly known: boolean;
  readonly header: Line;
  readonly words: readonly Word[];
  readonly body: readonly (Text | Include)[];
  readonly end: Line | undefined;
}

/** A line of a section's body. */
export interface Text {
  readonly kind: 'text';
  readonly line: Line;
}

/** `%end` outside a section. */
export interface StrayEnd {
  readonly kind: 'stray-end';
  readonly line: Line;
}

/** A file included inside a section: nothing but more of that section's body. */
export interface BodyFile {
  readonly path: string;
  readonly body: readonly (Text | Include)[];
  readonly diagnostics: readonly Diagnostic[];
}
