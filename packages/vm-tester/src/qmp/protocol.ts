/** One message of QMP, told apart by its key (QEMU's docs/interop/qmp-spec.rst). */
export type QmpMessage =
  | { QMP: { version: unknown; capabilities: unknown[] } }
  | { return: unknown; id?: number }
  | { error: { class: string; desc: string }; id?: number }
  | QmpEvent;

export interface QmpEvent {
  event: string;
  data?: Record<string, unknown>;
  timestamp: { seconds: number; microseconds: number };
}

/** Cuts a byte stream into JSON messages, one a line, across chunk borders. */
export class QmpDecoder {
  #rest = '';

  /** @throws {SyntaxError} when a line is no JSON. */
  push(chunk: string): QmpMessage[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as QmpMessage);
  }
}
