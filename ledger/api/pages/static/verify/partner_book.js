// The partner book: names and keys in force, signed by the log as of a size. Twin of ledger/registry/partner_book.py. It is
// the log's word, no proof: what proves whose key signed is the registry's history.
import { bigEndian, concat, fromHex, isCount, sha256, toHex, utf8 } from "./bytes.js";
import { canonical, hasFields } from "./canonical.js";
import { logId, verifyEd25519 } from "./note.js";

const FIELDS = ["logId", "size", "council", "entries", "signature"];
const MASTER = 2 ** 32 - 1;

// {size, council, names: Map number → name, owner(key) → {partner, types, master} or null}, once a log of the trust file has
// signed the book; null where this browser knows no Ed25519. Throws for what is none.
export async function openBook(book, trust) {
  const held = await signedBy(book, trust);
  if (held === null) return null;
  if (!held) throw new Error("the log has not signed this partner book");
  const owners = new Map();
  for (const { id, keys } of book.entries) {
    for (const { address, types } of keys) owners.set(address, { partner: id, types, master: types === MASTER });
  }
  return {
    size: book.size,
    council: new Set(book.council),
    names: new Map(book.entries.map(({ id, name }) => [id, name])),
    owner: (key) => owners.get(key) ?? null,
  };
}

async function signedBy(book, trust) {
  if (!hasFields(book, FIELDS) || !isCount(book.size) || !Array.isArray(book.council) || !Array.isArray(book.entries)) {
    throw new Error("not a partner book");
  }
  const { council, entries } = book;
  const digest = await sha256(utf8(canonical({ council, entries })));
  for (const { origin, key } of trust.logs) {
    const id = await logId(origin, fromHex(key));
    if (toHex(id) !== book.logId) continue;
    const message = concat(utf8("lading/partners/v1\0"), id, bigEndian(book.size, 8), digest);
    return verifyEd25519(fromHex(key), fromHex(book.signature), message);
  }
  throw new Error("signed by a log that the trust file does not name");
}
