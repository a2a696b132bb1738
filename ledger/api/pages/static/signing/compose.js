// What a worklist drafts, put together in a form: the record then stands there in words, decoded from what is signed, and is
// signed with a key of this browser or saved for one that lies elsewhere.
import { gettext as _ } from "../gettext.js";
import { inWords } from "../language.js";
import { answerOf, post } from "../service.js";
import { signersHere } from "../signers/here.js";
import { toHex, utf8 } from "../verify/bytes.js";
import { canonical } from "../verify/canonical.js";
import { structuresOf } from "../verify/typed.js";
import { elsewhere } from "./elsewhere.js";
import { prepare, signed } from "./flow.js";
import { ground } from "./ground.js";
import { button, element, show } from "./show.js";

// The record of `type` whose message says what `given` says; what it leaves out is empty, salts are `salt()`, and `occurredAt`
// is `now` (UTC seconds). Throws for a field that the type has not.
export function completed(type, given, now, salt) {
  return { type, message: filled(type, given, structuresOf(type), { occurredAt: now }, salt) };
}

function filled(struct, given, known, times, salt) {
  const { members } = known.get(struct);
  const strange = Object.keys(given).find((name) => !members.some(({ field }) => field === name));
  if (strange !== undefined) throw new Error(`${struct} has no ${strange}`);
  const value = ({ type, field }) => {
    if (known.has(type)) return filled(type, given[field] ?? {}, known, {}, salt);
    return given[field] ?? times[field] ?? (field === "salt" ? toHex(salt()) : empty(type));
  };
  return Object.fromEntries(members.map((member) => [member.field, value(member)]));
}

function empty(type) {
  if (type.endsWith("[]")) return [];
  if (type === "string") return "";
  if (type === "bool") return false;
  if (type.startsWith("uint")) return Number(type.slice(4)) <= 48 ? 0 : "0";
  return "0x" + "00".repeat(type === "address" ? 20 : Number(type.slice(5)));
}

const VALUES = {
  number: (text) => Number(text || 0),
  amount: (text) => text.replace(/^0+(?=.)/, "") || "0",
  text: (text) => text,
  day: (text) => Date.parse(`${text}T23:59:59Z`) / 1000,
  flag: (text) => text === "true",
  address: (text) => text.toLowerCase(),
  note: (text) => ({ text: text ? canonical({ note: text }) : "" }),
  fingerprint: async (text) => toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)))),
};

// What the form says besides the draft, by the paths that its fields are named after.
async function given(form, message) {
  const result = structuredClone(message);
  for (const field of asked(form)) {
    const path = field.name.split(".");
    const [last, place] = [path.pop(), path.reduce((inner, name) => (inner[name] ??= {}), result)];
    place[last] = await VALUES[field.dataset.kind](field.value.trim());
  }
  for (const code of ["country", "locode"]) if (result.place?.[code]) result.place[code] = result.place[code].toUpperCase();
  if (result.place?.locode && !result.place.country) result.place.country = result.place.locode.slice(0, 2);
  return result;
}

const asked = (form) => [...form.querySelectorAll("[data-kind]")].filter((field) => !field.closest("[data-when]")?.hidden);

function showFitting(form) {
  for (const row of form.querySelectorAll("[data-when]")) {
    const [name, value] = row.dataset.when.split(":");
    row.hidden = form.elements[name].value !== value;
  }
}

async function present(form, place, record) {
  const rests = await ground();
  await show(place, record, [], rests);
  const ways = await signersHere();
  const sign = ({ name, kind, connect }) => {
    const made = button(_("Sign with {name}", { name }), async () => {
      const signer = await connect();
      const ready = await prepare(signer, record);
      await finish(form, place, ready, await answerOf(await post("/v1/records", { ...record, signatures: [await signed(signer, ready)] })));
    });
    made.dataset.signer = kind;
    return made;
  };
  place.append(
    element("p", { class: "row" }, ...ways.map(sign)),
    element("h3", {}, _("With a key kept by Lading")),
    ...elsewhere(record, [], "record.json"),
  );
}

async function finish(form, place, { id, rests }, { status }) {
  form.hidden = true;
  rests.keep();
  const words = status === "proposed"
    ? _("Signed and handed in. Another signature is still missing; the record's page says whose.")
    : _("Signed and handed in. It takes effect when the chain has recorded it, as a rule within seconds.");
  const links = element("p", {}, element("a", { href: `/records/${id}` }, _("The record")), " · ", element("a", { href: "/worklist" }, _("What waits for you")));
  place.replaceChildren(element("p", { role: "status", class: "done" }, words), links);
}

function wire(form, shown) {
  const status = form.querySelector("[role=status]");
  const { type, message } = JSON.parse(form.dataset.draft);
  const salt = () => crypto.getRandomValues(new Uint8Array(16));
  form.addEventListener("change", () => {
    showFitting(form);
    shown.hidden = true; // what stands there is not what the form says now
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "";
    try {
      await present(form, shown.querySelector(".record"), completed(type, await given(form, message), Math.floor(Date.now() / 1000), salt));
      shown.hidden = false;
      shown.querySelector("h2").focus();
    } catch (error) {
      status.textContent = error.words ? inWords(error.words) : error.message;
    }
  });
  showFitting(form);
  form.hidden = false; // from here on it does something
  if (asked(form).length === 0) form.requestSubmit(); // it says all there is: nobody has to ask for it
}

const form = globalThis.document?.getElementById("do");
if (form) wire(form, document.getElementById("shown"));
