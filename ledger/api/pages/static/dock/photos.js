// Photos of goods: their SHA-256 stands in the handoff, they themselves stay in this browser and can be saved from there.
import { gettext as _ } from "../gettext.js";
import { button, element } from "../signing/show.js";
import { sha256, toHex } from "../verify/bytes.js";
import * as store from "./store.js";

// Keeps the files and gives their SHA-256, in their order.
export async function kept(files) {
  const hashes = [];
  for (const file of files) {
    const hash = toHex(await sha256(new Uint8Array(await file.arrayBuffer())));
    await store.keepPhoto({ hash, name: file.name, type: file.type, blob: file, created: Date.now() });
    hashes.push(hash);
  }
  return hashes;
}

// Buttons that save those of `hashes` that this device has; the others are named.
export async function offers(hashes) {
  const found = await Promise.all(hashes.map((hash) => store.photo(hash)));
  return hashes.map((hash, i) => {
    const name = `${hash.slice(2, 12)}-${found[i]?.name ?? ""}`;
    if (!found[i]) return element("span", { class: "hint" }, _("The photo {hash} is on the other device.", { hash: hash.slice(0, 12) }));
    return button(_("Save the photo {hash}", { hash: hash.slice(0, 12) }), () => save(found[i].blob, name), "quiet");
  });
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
