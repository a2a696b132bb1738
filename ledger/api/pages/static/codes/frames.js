// A signed record as lines of text that fit into QR codes: LADING1:1/3:ABCDEF01:…. Twin of ledger/cli/qr_frames.py.
import { gettext as _ } from "../gettext.js";
import { concat, sha256, toHex, utf8 } from "../verify/bytes.js";
import { canonical } from "../verify/canonical.js";

const PIECE = 1000; // characters in one code, which a phone reads from a screen
const MOST_FRAMES = 99;
const MOST_BYTES = 512 * 1024;
const FRAME = /^LADING1:(\d{1,2})\/(\d{1,2}):([0-9A-F]{8}):([A-Z2-7]+)$/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const isFrame = (text) => FRAME.test(text);

// The frames of {type, message, signatures}; throws for one that only a file can carry.
export async function toFrames({ type, message, signatures }) {
  const packed = await piped(utf8(canonical({ type, message, signatures })), new CompressionStream("deflate"));
  const [text, mark] = [base32(packed), await markOf(packed)];
  const count = Math.ceil(text.length / PIECE);
  if (count > MOST_FRAMES) throw new Error(_("This record is too large for codes: hand it on as a file."));
  return Array.from({ length: count }, (unused, i) => `LADING1:${i + 1}/${count}:${mark}:${text.slice(i * PIECE, (i + 1) * PIECE)}`);
}

// Frames as they are scanned, in any order and however often: `add(text)` says how many of how many are here.
export class FrameCollection {
  constructor() {
    this.pieces = new Map();
    this.count = 0;
    this.mark = "";
  }

  // {have, count}, or null for what is no frame. A frame of another record begins anew.
  add(text) {
    const [, number, count, mark, piece] = FRAME.exec(text) ?? [];
    if (mark === undefined || Number(number) < 1 || Number(number) > Number(count)) return null;
    if (mark !== this.mark || Number(count) !== this.count) Object.assign(this, { mark, count: Number(count), pieces: new Map() });
    this.pieces.set(Number(number), piece);
    return { have: this.pieces.size, count: this.count };
  }

  get complete() {
    return this.count > 0 && this.pieces.size === this.count;
  }

  // The record {type, message, signatures}; throws where a frame was misread.
  async record() {
    const text = Array.from({ length: this.count }, (unused, i) => this.pieces.get(i + 1) ?? "").join("");
    try {
      const packed = fromBase32(text);
      if ((await markOf(packed)) !== this.mark || base32(packed) !== text) throw new Error("another checksum, or another spelling");
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await piped(packed, new DecompressionStream("deflate"))));
    } catch (error) {
      throw new Error(_("A code was misread. Scan it again."), { cause: error });
    }
  }
}

// The record in a text that was pasted: frames with blanks between, or its JSON. Throws for what is none.
export async function recordIn(text) {
  if (text.trim().startsWith("{")) return envelope(JSON.parse(text));
  const frames = new FrameCollection();
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (frames.add(word) === null) throw new Error(_("This is no text of a code: it begins with LADING1."));
  }
  if (!frames.complete) throw new Error(_("Not all codes of the record are here."));
  return envelope(await frames.record());
}

function envelope(data) {
  const { type, message, signatures } = data ?? {};
  const fits = typeof type === "string" && message !== null && typeof message === "object" && Array.isArray(signatures);
  if (!fits) throw new Error(_("This is no record."));
  return { type, message, signatures };
}

const markOf = async (packed) => toHex(await sha256(packed)).slice(2, 10).toUpperCase();

async function piped(bytes, through) {
  const [writer, reader, parts] = [through.writable.getWriter(), through.readable.getReader(), []];
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => {}); // said by what is read
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > MOST_BYTES) throw new Error("too large");
  }
  await written;
  return concat(...parts);
}

// RFC 4648, section 6, without padding: digits and capitals, which QR codes hold densely.
function base32(bytes) {
  let [text, bits, held] = ["", 0, 0];
  for (const byte of bytes) {
    [bits, held] = [((bits & 0xff) << 8) | byte, held + 8];
    while (held >= 5) text += LETTERS[(bits >> (held -= 5)) & 31];
  }
  return held > 0 ? text + LETTERS[(bits << (5 - held)) & 31] : text;
}

function fromBase32(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let [bits, held, at] = [0, 0, 0];
  for (const letter of text) {
    [bits, held] = [((bits & 0xff) << 5) | LETTERS.indexOf(letter), held + 5];
    if (held >= 8) bytes[at++] = bits >> (held -= 8);
  }
  return bytes;
}
