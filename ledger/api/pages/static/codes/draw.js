// A text as a QR code that is drawn here: black on white in every colour scheme, for cameras.
import { encode } from "../lib/qr.js";

const SVG = "http:" + "//www.w3.org/2000/svg"; // a name, not an address
const BORDER = 4; // modules, as ISO/IEC 18004 asks

// An <svg> of the code, with `label` for who cannot see it.
export function drawn(text, label) {
  const rows = encode(text, "raw", { ecc: "medium", border: BORDER });
  const svg = document.createElementNS(SVG, "svg");
  const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
  set(svg, { viewBox: `0 0 ${rows.length} ${rows.length}`, role: "img", "aria-label": label, class: "qr", "shape-rendering": "crispEdges" });
  const ground = document.createElementNS(SVG, "rect");
  set(ground, { width: rows.length, height: rows.length, fill: "#fff" });
  const path = document.createElementNS(SVG, "path");
  const marks = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  set(path, { d: marks.join(""), fill: "#000" });
  svg.append(ground, path);
  return svg;
}
