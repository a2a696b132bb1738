// "This device": makes its key, shows the request as a code, and tells how the key stands.
import { drawn } from "../codes/draw.js";
import { toFrames } from "../codes/frames.js";
import { gettext as _ } from "../gettext.js";
import { signIn } from "../sign_in.js";
import { deviceSigner, makeKey } from "../signers/device.js";
import { standing } from "../signers/here.js";
import { entries, forget } from "../signers/store.js";
import { ground } from "../signing/ground.js";
import { button, element } from "../signing/show.js";
import { moment } from "../signing/units.js";
import { grantRecord } from "./requests.js";

const WATCH = 5000; // milliseconds: a grant takes effect when the chain has recorded it
const STATES = {
  waiting: () => _("It waits for the master key's signature: let its holder scan this code, or send the text."),
  "in force": ({ valid_until: until }) => _("It may sign until {time}.", { time: moment(until) }),
  coming: ({ valid_from: from }) => _("It may sign from {time} on.", { time: moment(from) }),
  expired: ({ valid_until: until }) => _("It could sign until {time}. Make a new key.", { time: moment(until) }),
  revoked: ({ valid_until: until }) => _("It was revoked at {time} and signs nothing any more.", { time: moment(until) }),
  unknown: () => _("The service did not say how it stands."),
};

// Fills `place` with this device's keys; `revoke(partner, key, signer)` is called where one is to be taken back.
export async function showOwn(place, revoke) {
  const kept = await entries();
  const cards = await Promise.all(kept.map((entry) => card(entry, place, revoke)));
  place.replaceChildren(...(cards.length ? cards : [element("p", {}, _("This device has no key yet."))]));
  return kept;
}

// Shows the keys anew when one that waits is granted, as long as the page is open.
export async function watch(place, revoke) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, WATCH));
    const waiting = [...place.querySelectorAll(".key[data-status=waiting]")].map(({ dataset }) => dataset.address);
    if (document.hidden || waiting.length === 0) continue;
    const known = await Promise.all((await entries()).filter(({ address }) => waiting.includes(address)).map(standing));
    if (known.some(({ status }) => status !== "waiting" && status !== "unknown")) await showOwn(place, revoke);
  }
}

async function card(entry, place, revoke) {
  const known = await standing(entry);
  const made = element("section", { class: "card key", "data-status": known.status, "data-address": entry.address });
  made.append(element("h3", {}, _("{device}, for partner {number}", { device: entry.name, number: String(entry.partner) })), element("p", {}, STATES[known.status](known)), element("p", { class: "id" }, element("code", { class: "break" }, entry.address)));
  made.append(element("p", { class: "hint" }, entry.wrapping.kind === "prf"
    ? _("The key opens with this device's own lock, and only here.")
    : _("The key opens in this browser alone: whoever can use this browser can sign.")));
  if (known.status === "waiting") made.append(...(await shown(entry.request)));
  const row = element("p", { class: "row" });
  if (known.status === "in force") row.append(button(_("Sign in with this key"), () => signedIn(entry)), button(_("Revoke it"), () => revoke(entry.partner, entry.address, deviceSigner(entry)), "quiet"));
  else row.append(button(_("Forget this key"), async () => forget(entry.address).then(() => showOwn(place, revoke)), "quiet"));
  made.append(row);
  return made;
}

async function signedIn(entry) {
  await signIn(deviceSigner(entry));
  location.assign("/devices");
}

// The request as codes and as text.
async function shown(request) {
  const frames = await toFrames(request);
  const text = element("textarea", { readonly: "", rows: "4", "aria-label": _("The request as text"), class: "request" });
  text.value = frames.join("\n");
  const codes = frames.map((frame, i) => drawn(frame, _("Code {number} of {count} of the request", { number: i + 1, count: frames.length })));
  return [...codes, text, button(_("Copy the text"), () => navigator.clipboard.writeText(text.value), "quiet")];
}

// Lets the form `form` make a key for a request, and shows it then.
export function offerMaking(form, place, revoke) {
  const status = form.querySelector("[role=status]");
  form.closest("details").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = new FormData(form);
    const [device, partner, days] = [asked.get("device").trim().normalize("NFC"), Number(asked.get("partner")), Number(asked.get("days"))];
    const types = asked.getAll("type").map(Number);
    status.textContent = "";
    try {
      if (types.length === 0) throw new Error(_("Choose what the key may sign."));
      const { trust, names, keep } = await ground();
      if (names.size && !names.has(partner)) throw new Error(_("There is no partner {number}.", { number: String(partner) }));
      const now = Math.floor(Date.now() / 1000);
      await makeKey(device, async (signer) => {
        const record = grantRecord({ partner, key: signer.address, types, now, days, device }, crypto.getRandomValues(new Uint8Array(16)));
        return { partner, request: { ...record, signatures: [await signer.signRecord(record, trust)] } };
      });
      keep();
      await showOwn(place, revoke);
      form.closest("details").open = false;
      place.scrollIntoView();
    } catch (error) {
      status.textContent = error.message;
    }
  });
}
