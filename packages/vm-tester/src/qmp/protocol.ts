import { parseJson } from '@phyllome/host/json';
import * as z from 'zod';

const Event = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
  timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
});

/** One message of QMP, identified by its key (QEMU's docs/interop/qmp-spec.rst). */
const Message = z.union([
  z.object({ QMP: z.unknown().refine((greeting) => greeting !== undefined) }),
  Event,
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.number().optional() }),
  z.object({ return: z.unknown().refine((value) => value !== undefined), id: z.number() }),
]);
export type QmpMessage = z.infer<typeof Message>;
export type QmpEvent = z.infer<typeof Event>;

/** Cuts a byte stream into JSON messages, one a line, across chunk borders. */
export class QmpDecoder {
  #rest = '';

  /** @throws {Error} when a line is not QMP. */
  push(chunk: string): QmpMessage[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line.trim() !== '').map((line) => Message.parse(parseJson(line)));
  }
}
