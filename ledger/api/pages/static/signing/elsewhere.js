// A record for a key that is not in this browser: as a file, with what to type where the key lies.
import { gettext as _ } from "../gettext.js";
import { element } from "./show.js";

export function elsewhere(record, signatures, file) {
  const address = URL.createObjectURL(new Blob([JSON.stringify({ ...record, signatures })], { type: "application/json" }));
  const commands = `lading sign KEY ${file} --out ${file}\nlading submit ${file} --url ${location.origin}`;
  return [
    element("p", {}, element("a", { href: address, download: file }, _("Save it as {file}", { file })), " ", _("and type, where the key lies:")),
    element("pre", { tabindex: "0" }, commands),
  ];
}
