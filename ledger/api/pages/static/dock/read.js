// Reading what another device shows: with the camera, from text, or from a file.
import { FrameCollection, isFrame, recordIn } from "../codes/frames.js";
import { scan } from "../codes/scan.js";
import { gettext as _ } from "../gettext.js";
import { readyDesk } from "./desk.js";
import { readHandoff } from "./exchange.js";

const MOST_BYTES = 2 * 1024 * 1024;

// Wires the section; `present(reading)` gets each handoff that was read.
export function wire(section, present) {
  const [text, video, status, file] = ["textarea", "video", "[role=status]", "input[type=file]"].map((name) => section.querySelector(name));
  const [start, stop] = ["scan", "stop"].map((name) => section.querySelector(`[data-act=${name}]`));
  let camera = null;
  const take = async (envelope) => {
    const { world, rests } = await readyDesk();
    await present(readHandoff(envelope, rests.trust, world));
    status.textContent = "";
  };
  const act = (work) => async () => {
    status.textContent = "";
    try {
      await work();
    } catch (error) {
      status.textContent = error instanceof SyntaxError ? _("This is no record.") : error.message;
    }
  };
  section.querySelector("[data-act=read]").addEventListener("click", act(async () => take(await recordIn(text.value))));
  file.addEventListener("change", act(async () => {
    const [chosen] = file.files;
    if (chosen === undefined) return;
    if (chosen.size > MOST_BYTES) throw new Error(_("This file is too large to be a handoff."));
    await take(await recordIn(await chosen.text()));
    file.value = "";
  }));
  start.addEventListener("click", act(async () => {
    const frames = new FrameCollection();
    camera = new AbortController();
    [video.hidden, stop.hidden, start.hidden] = [false, false, true];
    try {
      await scan(video, (found) => seen(found, frames, status), camera.signal);
    } finally {
      [video.hidden, stop.hidden, start.hidden] = [true, true, false];
    }
    if (frames.complete) await take(await recordIn(JSON.stringify(await frames.record())));
    else status.textContent = "";
  }));
  stop.addEventListener("click", () => camera?.abort());
}

function seen(found, frames, status) {
  if (!isFrame(found)) {
    status.textContent = _("This code is no part of a handoff.");
    return false;
  }
  const { have, count } = frames.add(found);
  status.textContent = _("Code {have} of {count}", { have, count });
  return frames.complete;
}
