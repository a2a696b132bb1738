// A record on the page as somebody should read it before he signs: sentences, then every line, then what was not checked.
import { gettext as _ } from "../gettext.js";
import { inWords } from "../language.js";
import { describe, textOf } from "./describe.js";
import { saysMore, summary, titleOf } from "./summary.js";
import { shipmentsOf, termsOf } from "./terms.js";
import { visible } from "./visible.js";

export function element(name, values = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A button whose action may fail: then the reason stands beside it.
export function button(label, act, kind = "") {
  const [made, status] = [element("button", { type: "button", class: kind }, label), element("span", { role: "status" })];
  made.addEventListener("click", async () => {
    made.disabled = true;
    status.textContent = "";
    try {
      await act();
    } catch (error) {
      status.textContent = error.words ? inWords(error.words) : error.message;
    } finally {
      made.disabled = false;
    }
  });
  return element("span", { class: "act" }, made, " ", status);
}

// Fills `place` with the record. `told`: sentences about the signer that come first; `rests`: as ground() gives it, with `terms`
// where those of its shipments are not to be asked of the service.
export async function show(place, record, told, { trust, names, remarks, terms = termsOf }) {
  const lines = describe(record);
  const said = summary(record, names, await terms(shipmentsOf(record), trust));
  const list = (sentences, kind) => element("ul", { class: kind }, ...sentences.map((sentence) => element("li", {}, sentence)));
  const all = element("details", {}, element("summary", {}, _("Everything that it says, field by field")));
  all.append(element("dl", { class: "facts" }, ...lines.map((line) => fact(line, names))));
  place.replaceChildren(element("h3", {}, titleOf(record)), list([...said, ...told], "plain sentences"), all);
  all.open = said.length === 0 || saysMore(record);
  if (remarks.length) place.append(list(remarks, "plain hint"));
}

function fact(line, names) {
  const value = element("dd");
  if (line.kind === "group") value.append(element("dl", {}, ...line.lines.map((inner) => fact(inner, names))));
  else value.append(["hash", "record", "shipment", "agreement", "private"].includes(line.kind) ? element("code", { class: "break" }, textOf(line, names)) : textOf(line, names));
  const label = visible(line.label) || "–"; // the name of a part of the details may be any text
  return element("div", {}, element("dt", {}, label[0].toUpperCase() + label.slice(1)), value);
}
