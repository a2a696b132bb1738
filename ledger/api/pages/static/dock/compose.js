// Composing a handoff from the goods that this device's partner holds.
import { gettext as _, ngettext } from "../gettext.js";
import { partnerText } from "../signing/describe.js";
import { element } from "../signing/show.js";
import { toHex } from "../verify/bytes.js";
import { wrongSscc } from "../verify/gs1.js";
import { recordId } from "../verify/typed.js";
import { handles, withCount } from "./custody.js";
import { now, readyDesk, salt } from "./desk.js";
import { counted, goodsText, row } from "./goods.js";
import { handoffRecord } from "./handoff.js";
import { kept } from "./photos.js";
import * as store from "./store.js";

const PLACE = "place";

// Fills the form with who may take goods, and what is held.
export async function fill(form, { world }) {
  const held = world.held().filter(([, { packages }]) => packages > 0);
  const wanted = new Set(held.map(([, { consignee }]) => consignee));
  const takers = world.partners().filter(({ id, roles, suspended }) => id !== world.own && !suspended && (handles(roles) || wanted.has(id)));
  const chosen = form.elements.receiver.value;
  const named = takers.map(({ id }) => [id, partnerText(id, world.names)]).sort(([, one], [, other]) => one.localeCompare(other));
  form.elements.receiver.replaceChildren(element("option", { value: "" }, _("Choose who takes them")), ...named.map(([id, name]) => element("option", { value: String(id) }, name)));
  form.elements.receiver.value = chosen;
  const rows = held.map(([shipment, { packages, terms }]) => row(shipment, { count: packages, held: packages, noted: 0, chosen: location.hash === `#${shipment}`, goods: goodsText(terms) }));
  const none = element("p", {}, _("This device knows of no goods that your partner holds."));
  form.querySelector(".held").replaceChildren(...(rows.length ? rows : [none]));
  for (const [name, value] of Object.entries((await store.remembered(PLACE)) ?? {})) if (!form.elements[name].value) form.elements[name].value = value;
  chosenCount(form);
}

export function wire(form, present) {
  const status = form.querySelector("[role=status]");
  form.elements.every.addEventListener("change", ({ target }) => {
    for (const box of form.querySelectorAll("[name=chosen]")) box.checked = target.checked;
    chosenCount(form);
  });
  form.addEventListener("change", () => chosenCount(form));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "";
    try {
      await present(await composed(form));
    } catch (error) {
      status.textContent = error.message;
    }
  });
}

function chosenCount(form) {
  const count = form.querySelectorAll("[name=chosen]:checked").length;
  form.querySelector(".chosen").textContent = ngettext("{count} shipment chosen", "{count} shipments chosen", count);
}

// The handoff that the form asks for, as exchange.js reads one.
async function composed(form) {
  const { world, rests } = await readyDesk();
  const value = (name) => form.elements[name].value.trim().normalize("NFC"); // as some keyboards do not
  const items = [...counted(form.querySelector(".held"))].map(([shipment, { packages, noted }]) => {
    const holding = world.holding(shipment);
    return { shipment, sequence: holding.sequence, packages, exceptions: withCount(packages, noted, holding.packages) };
  });
  const place = { country: value("country").toUpperCase(), locode: value("locode").toUpperCase(), gln: value("gln"), name: value("name") };
  if (!place.country) place.country = place.locode.slice(0, 2);
  const mistyped = wrongSscc(value("load"));
  if (mistyped) throw new Error(_("The check digit of the SSCC {code} is wrong. Look at the label again; put the carrier's name in front of a number of its own.", { code: mistyped }));
  const due = value("due") ? Math.floor(new Date(value("due")).getTime() / 1000) : 0;
  const record = handoffRecord({
    items, releaser: world.own, receiver: Number(value("receiver")), place, load: value("load"), dueAt: due, photos: await kept(form.elements.photos.files), now: now(),
  }, salt);
  await store.remember(PLACE, place);
  const none = { releaser: null, receiver: null };
  return { record, id: toHex(recordId(record, rests.trust)), side: "releaser", keys: none, signatures: none };
}
