// Rows of goods with their counts and exceptions: to choose what is given, and to count what is taken.
import { gettext as _ } from "../gettext.js";
import { WORDS } from "../signing/fields.js";
import { element } from "../signing/show.js";
import { packages } from "../signing/units.js";
import { visible } from "../signing/visible.js";
import { BY_COUNT } from "./custody.js";
import { short } from "./handoff.js";

const NOTED = Object.entries(WORDS.ExceptionBit).filter(([bit]) => !(bit & BY_COUNT));

// A row for `shipment`: `count` packages to begin with, of `held`; `chosen`: whether it is, null where that is no question.
export function row(shipment, { count, held, noted, chosen, goods }) {
  const title = goods ? _("{goods} ({shipment})", { goods, shipment: short(shipment) }) : _("Shipment {shipment}", { shipment: short(shipment) });
  const made = element("fieldset", { class: "goods", "data-shipment": shipment }, element("legend", {}, title));
  if (chosen !== null) made.append(labelled(_("Give it"), { type: "checkbox", name: "chosen", ...(chosen ? { checked: "" } : {}) }, "choice"));
  made.append(labelled(_("Packages"), { type: "number", name: "packages", min: "0", max: "4294967295", required: "", value: String(count), inputmode: "numeric" }));
  if (Number.isFinite(held)) made.append(element("span", { class: "hint" }, _("of {packages}", { packages: packages(held) })));
  const notes = NOTED.map(([bit, word]) => labelled(word, { type: "checkbox", name: "noted", value: bit, ...(noted & bit ? { checked: "" } : {}) }, "choice"));
  made.append(element("details", noted & ~BY_COUNT ? { open: "" } : {}, element("summary", {}, _("Exceptions")), ...notes));
  return made;
}

function labelled(text, values, kind = "") {
  const input = element("input", values);
  return kind === "choice" ? element("label", { class: kind }, input, " ", text) : element("label", {}, text, " ", input);
}

// What the rows in `place` say: by shipment {packages, noted}; of those that are chosen, where that is a question. Throws for
// what is no count.
export function counted(place) {
  const rows = [...place.querySelectorAll("fieldset.goods")].filter((one) => one.querySelector("[name=chosen]")?.checked ?? true);
  return new Map(rows.map((one) => {
    const count = one.querySelector("[name=packages]").valueAsNumber;
    if (!Number.isInteger(count) || count < 0 || count >= 2 ** 32) throw new Error(_("Say how many packages of {shipment} there are.", { shipment: short(one.dataset.shipment) }));
    const noted = [...one.querySelectorAll("[name=noted]:checked")].reduce((mask, { value }) => mask | Number(value), 0);
    return [one.dataset.shipment, { packages: count, noted }];
  }));
}

// What the goods are, by their terms: the order, and what comes first; empty where this device may not read them.
export function goodsText(terms) {
  if (!terms || typeof terms.commercial !== "object") return "";
  const [first] = Array.isArray(terms.contents) ? terms.contents.filter((one) => typeof one === "object") : [];
  return [terms.commercial.orderRef, first?.description || first?.gtin, first?.lot].filter(Boolean).map(visible).join(", ");
}
