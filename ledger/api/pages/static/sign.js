// Signing a proposed record on its page. Who signs chooses a key; then the record stands there in words, decoded in this
// browser from what is signed, with what acceptance would say; then the key signs, and the signature is handed in.
import { gettext as _ } from "./gettext.js";
import { inWords } from "./language.js";
import { json } from "./report.js";
import { answerOf, post } from "./service.js";
import { signersHere } from "./signers/here.js";
import { prepare, signed } from "./signing/flow.js";
import { element, show } from "./signing/show.js";

// What is to be signed with `signer`, as prepare() gives it, once it is the record `id`.
export async function prepared(signer, id) {
  const { type, message } = await json(`/v1/records/${id}`);
  return prepare(signer, { type, message }, id);
}

// Signs it and hands the signature in.
export const sign = async (signer, ready) => answerOf(await post(`/v1/records/${ready.id}/signatures`, { signatures: [await signed(signer, ready)] }));

async function offer(section) {
  const [row, place, status] = [".row", ".shown", "[role=status]"].map((name) => section.querySelector(name));
  const attempt = async (work) => {
    status.textContent = "";
    try {
      await work();
    } catch (error) {
      place.replaceChildren();
      status.textContent = error.words ? inWords(error.words) : error.message;
    }
  };
  const ways = await signersHere();
  for (const { name, kind, connect } of ways) {
    const button = element("button", { type: "button", "data-signer": kind }, _("Sign with {name}", { name }));
    button.addEventListener("click", () => attempt(async () => {
      const signer = await connect();
      const ready = await prepared(signer, section.dataset.record);
      await show(place, ready.record, ready.told, ready.rests);
      const sure = element("button", { type: "button", "data-act": "sign" }, _("Sign it"));
      sure.addEventListener("click", () => attempt(async () => {
        await sign(signer, ready);
        ready.rests.keep();
        location.reload();
      }));
      place.append(element("p", {}, sure));
      place.scrollIntoView();
    }));
    row.append(button);
  }
  section.hidden = ways.length === 0;
}

const section = globalThis.document?.getElementById("sign");
if (section) await offer(section);
