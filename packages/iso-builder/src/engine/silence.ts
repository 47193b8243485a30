import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type Duplex, finished } from 'node:stream';

/** Calls once nothing more of an answer has come for so long. */
export function onSilence(answer: IncomingMessage, silenceMs: number, call: () => void): void {
  const connection: Duplex = answer.socket;
  if (connection instanceof Socket) {
    answer.setTimeout(silenceMs, call);
    return;
  }
  // A connection by ssh is a stream without a time-out of its own. What arrives is an event there, as on no socket.
  const timer = setTimeout(call, silenceMs);
  const more = (): void => void timer.refresh();
  connection.on('data', more);
  finished(answer, () => {
    clearTimeout(timer);
    connection.off('data', more);
  });
}
