// A signed record for another device's camera: its codes one after another, and as text and file for where no camera is.
import { gettext as _ } from "../gettext.js";
import { button, element } from "../signing/show.js";
import { drawn } from "./draw.js";
import { toFrames } from "./frames.js";

const PACE = 400; // milliseconds a code: two and a half a second, below what flashing may be (WCAG 2.3.1)

// An element that plays the codes of an envelope as long as it is on the page. `file`: what it is saved as.
export async function filmOf(envelope, file) {
  const made = element("div", { class: "film" });
  const text = JSON.stringify(envelope);
  const saved = element("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: file }, _("Save it as {file}", { file }));
  let frames = [];
  try {
    frames = await toFrames(envelope);
  } catch (error) {
    made.append(element("p", { class: "remark" }, error.message), element("p", {}, saved));
    return made;
  }
  made.append(...played(frames), texts(frames, saved));
  return made;
}

function played(frames) {
  const label = (at) => _("Code {number} of {count}", { number: at + 1, count: frames.length });
  const [screen, place] = [element("div", { class: "screen" }), element("p", { class: "hint" })];
  let at = 0;
  let playing = frames.length > 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const showAt = (next) => {
    at = next % frames.length;
    screen.replaceChildren(drawn(frames[at], label(at)));
    place.textContent = label(at);
  };
  showAt(0);
  if (frames.length === 1) return [screen, place];
  const pause = element("button", { type: "button", class: "quiet" });
  const told = () => (pause.textContent = playing ? _("Stop the codes") : _("Play the codes"));
  pause.addEventListener("click", () => told((playing = !playing)));
  told();
  const timer = setInterval(() => {
    if (playing) showAt(at + 1);
    if (!screen.isConnected) clearInterval(timer);
  }, PACE);
  const step = button(_("Next code"), () => {
    playing = false;
    told();
    showAt(at + 1);
  }, "quiet");
  return [screen, place, element("p", { class: "row" }, pause, step)];
}

function texts(frames, saved) {
  const area = element("textarea", { readonly: "", rows: "4", "aria-label": _("The codes as text"), class: "request" });
  area.value = frames.join("\n");
  const copy = button(_("Copy the text"), () => navigator.clipboard.writeText(area.value), "quiet");
  return element("details", {}, element("summary", {}, _("Without a camera")), area, element("p", { class: "row" }, copy, saved));
}
