import { addressBytes } from './frames.ts';

export const DNS_PORT = 53;

const HEADER_BYTES = 12;
/** RFC 1035, 3.2. */
const A = 1;
const INTERNET = 1;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
/** 4.1.4: a name that stands where the question's begins. */
const NAME_OF_QUESTION = [0xc0, HEADER_BYTES];
const TTL_SECONDS = 0;

/**
 * The answer to a query for a name: its IPv4 address; no records for another type of a name that there is; else that
 * there is no such name. undefined for anything but a query with one question.
 */
export function answerDns(query: Buffer, addressOf: (name: string) => string | undefined): Buffer | undefined {
  if (query.length < HEADER_BYTES) return undefined;
  const [flags, questions] = [query.readUInt16BE(2), query.readUInt16BE(4)];
  const question = flags >> 11 === 0 && questions === 1 ? questionOf(query) : undefined;
  if (!question) return undefined;
  const address = addressOf(question.name);
  const records = address !== undefined && question.type === A && question.class === INTERNET ? 1 : 0;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // A response, authoritative, with the asked recursion offered.
  header.writeUInt16BE(0x8480 | (flags & 0x0100) | (address === undefined ? NO_SUCH_NAME : NO_ERROR), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records, 6);
  const answer = records === 0 || address === undefined ? [] : [record(address)];
  return Buffer.concat([header, query.subarray(HEADER_BYTES, question.end), ...answer]);
}

function record(address: string): Buffer {
  const fixed = Buffer.from([...NAME_OF_QUESTION, 0, A, 0, INTERNET, 0, 0, 0, TTL_SECONDS, 0, 4]);
  return Buffer.concat([fixed, addressBytes(address)]);
}

function questionOf(query: Buffer): { name: string; type: number; class: number; end: number } | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at]; length !== 0; length = query[at]) {
    if (length === undefined || length > 63 || at + 1 + length > query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (at + 5 > query.length) return undefined;
  const name = labels.join('.').toLowerCase();
  return { name, type: query.readUInt16BE(at + 1), class: query.readUInt16BE(at + 3), end: at + 5 };
}
