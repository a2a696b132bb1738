// The dock: goods change hands between two devices where no network is. What is signed waits in this browser until it can be
// handed in; the page itself is kept by its service worker.
import * as compose from "./dock/compose.js";
import { desk, now } from "./dock/desk.js";
import { envelopeOf, readHandoff } from "./dock/exchange.js";
import { age, forgetOthers, refresh } from "./dock/facts.js";
import * as kept from "./dock/kept.js";
import { handIn } from "./dock/queue.js";
import * as read from "./dock/read.js";
import { present } from "./dock/sign.js";
import { gettext as _, ngettext } from "./gettext.js";
import { inWords } from "./language.js";
import { signIn } from "./sign_in.js";
import { deviceSigner } from "./signers/device.js";
import { entries } from "./signers/store.js";
import { button, element } from "./signing/show.js";

const EVERY = 20_000; // milliseconds between attempts to hand in, as long as the page is open
const STALE = 600; // seconds after which what is known is asked for anew where there is a network
const [state, form, reading, shown, list] = ["state", "compose", "read", "shown", "kept"].map((id) => document.getElementById(id));
const [told, queued, status, ways] = [".age", ".queued", "[role=status]", ".ways"].map((name) => state.querySelector(name));

async function showState() {
  const found = await desk();
  const known = found === null ? _("This device knows nothing yet: refresh it once where there is a network.") : _("What this device knows is {age}.", { age: age(found.dock.at, now()) });
  told.textContent = navigator.onLine ? known : _("There is no network. {known}", { known });
  const count = await kept.waiting();
  queued.textContent = count ? ngettext("{count} handoff waits to be handed in.", "{count} handoffs wait to be handed in.", count) : _("Nothing waits to be handed in.");
  queued.dataset.count = count;
  return found;
}

async function showAll() {
  const found = await showState();
  if (found !== null) await compose.fill(form, found);
  await kept.list(list.querySelector(".list"), found, { open, hand, changed: showAll });
}

async function showReading(one) {
  shown.hidden = false;
  await present(shown.querySelector(".record"), one, () => showAll().then(hand));
  shown.scrollIntoView();
  shown.querySelector("h2").focus();
}

async function open(entry) {
  const { world, rests } = await desk(entry.id);
  await showReading(readHandoff(envelopeOf(entry), rests.trust, world));
}

// Hands in what waits, then learns what has become of it. Without a network nothing happens.
async function hand() {
  const before = await kept.waiting();
  if (before === 0) return;
  await handIn();
  if ((await kept.waiting()) < before) await showAll();
}

// Asks the service anew; where it wants a session, offers this device's keys.
async function renew() {
  ways.replaceChildren();
  status.textContent = "";
  try {
    await refresh();
    await showAll();
  } catch (error) {
    if (error.status === 401 || error.status === 403) await offerSignIn();
    else status.textContent = error.words ? inWords(error.words) : error.message;
  }
}

async function offerSignIn() {
  const keys = await entries();
  status.textContent = keys.length ? _("Sign in to learn what your partner holds.") : _("This device has no key yet.");
  if (keys.length === 0) ways.append(element("a", { href: "/devices" }, _("Keys and devices")));
  for (const entry of keys) {
    ways.append(button(_("Sign in with {name}", { name: entry.name }), async () => {
      await signIn(deviceSigner(entry));
      await renew();
    }));
  }
}

async function keepPages() {
  const registration = await navigator.serviceWorker?.register("/dock/worker.js", { scope: "/dock" });
  if (registration === undefined) return;
  const notice = document.getElementById("update");
  const offer = () => (notice.hidden = !registration.waiting);
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  offer();
  notice.querySelector("button").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    registration.waiting?.postMessage("take over");
  });
  await navigator.serviceWorker.ready;
  state.dataset.offline = "ready";
}

state.querySelector("[data-act=refresh]").addEventListener("click", renew);
compose.wire(form, showReading);
read.wire(reading, showReading);
addEventListener("online", () => hand().then(showState));
addEventListener("offline", showState);
setInterval(() => navigator.onLine && hand(), EVERY);
keepPages().catch(() => {}); // as in a private window of some browsers: then the page needs its network
if (navigator.onLine) await forgetOthers();
const found = await showState();
await showAll();
await hand();
if (navigator.onLine && (found === null || now() - found.dock.at > STALE)) await renew();
document.documentElement.dataset.dock = "ready";
