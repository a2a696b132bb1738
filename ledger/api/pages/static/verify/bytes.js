// Bytes and their spellings: what the other modules compute with.

// Lower-case hex with 0x, as everywhere in Lading's JSON; throws for another spelling.
export function fromHex(text) {
  if (typeof text !== "string" || !/^0x([0-9a-f]{2})*$/.test(text)) throw new Error("not hex");
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toHex(bytes) {
  return "0x" + [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function bigEndian(number, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt(number);
  for (let i = size - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new Error("number too large");
  return bytes;
}

// Whether a number of JSON is one that counts something: whole, and exact in every parser.
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const utf8 = (text) => new TextEncoder().encode(text);

// RFC 4648, section 4, padded; throws for another spelling, of which atob takes several.
export function fromBase64(text) {
  const characters = atob(text);
  if (btoa(characters) !== text) throw new Error("not base64");
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}
