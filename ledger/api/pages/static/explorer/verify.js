// The verify page: takes files that somebody drops, chooses or pastes, and checks them in this browser alone. The page may ask
// nobody (its Content-Security-Policy allows no connection), so it works offline once it is loaded.
import { inWords } from "../language.js";
import { parseTrust } from "../bundles/trust_file.js";
import { keptTrust } from "../trust.js";
import { list, msg } from "../verify/messages.js";
import { checksOf, kindOf } from "./files.js";
import { BASIS, KINDS, STEPS } from "./words.js";

const form = document.querySelector("#files");
const listing = document.querySelector("#listing");
const results = document.querySelector("#results");
const trustSaid = document.querySelector("#trust-said");
let files = [];
let turn = 0; // of the newest check: what an older one still finds is of no interest

function element(name, words, className = "") {
  const made = document.createElement(name);
  made.textContent = inWords(words);
  made.className = className;
  return made;
}

// The bytes as text, exactly: other encodings and marks in front are no spelling of ours.
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return "";
  }
}

async function add(chosen) {
  for (const file of chosen) {
    const text = decoded(await file.arrayBuffer());
    files.push({ name: file.name, text, kind: kindOf(text) });
  }
  await check();
}

// Pasted text lost or won line ends at its end on its way; a checkpoint ends with one, JSON has none.
async function paste(text) {
  const bare = text.trim();
  if (bare === "") return;
  const whole = bare.startsWith("{") ? bare : `${bare}\n`;
  files.push({ name: inWords(msg("pasted text {number}", { number: files.length + 1 })), text: whole, kind: kindOf(whole) });
  await check();
}

function showFiles() {
  listing.replaceChildren(
    ...files.map((file) => {
      const line = element("li", file.kind === null ? msg("{name}: nothing that can be checked here", file) : msg("{name}: {kind}", { name: file.name, kind: KINDS[file.kind] }));
      const button = element("button", msg("Remove"), "quiet");
      button.type = "button";
      button.setAttribute("aria-label", inWords(msg("Remove {name}", file)));
      button.addEventListener("click", () => {
        files = files.filter((one) => one !== file);
        check();
        form.querySelector("input").focus();
      });
      line.append(" ", button);
      return line;
    }),
  );
}

// The trust file to check by, or null, once the page says which it is.
async function trustFile() {
  const given = files.findLast(({ kind }) => kind === "trust");
  if (given !== undefined) {
    try {
      const trust = await parseTrust(given.text);
      say(trustSaid, "yes", msg("By the trust file {name}.", given));
      return trust;
    } catch (error) {
      say(trustSaid, "no", msg("The trust file {name} cannot be used: {why}", { name: given.name, why: error.words ?? msg("It cannot be read.") }));
      return null;
    }
  }
  const kept = keptTrust();
  const own = msg("By the trust file that you gave this browser before.");
  const first = msg("By the trust file that this browser has kept since its first visit, the service's own. Better is one from somebody you trust: add it.");
  say(trustSaid, "unchecked", kept === null ? msg("Add the trust file: without it nobody can say whose signatures these are.") : kept.given ? own : first);
  return kept?.trust ?? null;
}

function say(place, result, words) {
  place.textContent = inWords(words);
  place.className = `status ${result}`;
}

async function check() {
  const mine = ++turn;
  showFiles();
  results.replaceChildren();
  if (files.length === 0) {
    trustSaid.textContent = "";
    return;
  }
  if (!globalThis.crypto?.subtle) {
    say(trustSaid, "unchecked", msg("This browser can check only pages that come over an encrypted connection (https)."));
    return;
  }
  const trust = await trustFile();
  if (trust === null || mine !== turn) return;
  for (const one of checksOf(files)) {
    if (mine !== turn) return;
    await checkOne(one, trust);
  }
}

async function checkOne({ name, kind, check: work }, trust) {
  const section = element("section", "", "check");
  const status = element("p", msg("Checking …"), "status");
  status.setAttribute("role", "status");
  const steps = element("ol", "", "steps");
  section.append(element("h2", msg("{name}: {kind}", { name, kind: KINDS[kind] })), status, steps);
  section.dataset.file = name;
  results.append(section);
  const tell = (step) => steps.append(lineOf(step));
  const found = await work(trust, tell, (count) => say(status, "", msg("Checking … {count} signatures and records so far.", { count })));
  const [result, words] = verdictOf(found, kind);
  say(status, result, words);
  section.dataset.result = result;
}

function lineOf({ name, ok, basis, words }) {
  const line = element("li", "", ok === null ? "skip-step" : ok ? "yes" : "no");
  line.dataset.step = name;
  line.append(element("strong", STEPS[name]), " ", element("span", words));
  if (ok) line.append(" ", element("span", BASIS[basis], "hint"));
  return line;
}

// yes only where every step was checked and holds.
function verdictOf(steps, kind) {
  const named = (wanted) => list(steps.filter(wanted).map(({ name }) => STEPS[name]));
  const failed = steps.find(({ ok }) => ok === false);
  if (failed !== undefined) return ["no", msg("It does not hold. The step that fails: {step}. What would come after it was not looked at.", { step: STEPS[failed.name] })];
  const unchecked = steps.some(({ ok }) => ok === null);
  if (kind === "contradiction" && !unchecked) return ["yes", msg("The file holds: it convicts the log.")];
  if (!unchecked) return ["yes", msg("Every step was checked here, and holds.")];
  const parts = { checked: named(({ ok }) => ok), unchecked: named(({ ok }) => ok === null) };
  return ["unchecked", msg("What was checked here holds: {checked}. Not checked here: {unchecked}.", parts)];
}

form.querySelector("input").addEventListener("change", async ({ target }) => {
  const chosen = [...target.files];
  target.value = "";
  await add(chosen);
});
document.querySelector("#paste").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.querySelector("textarea");
  await paste(field.value);
  field.value = "";
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
}
document.addEventListener("dragleave", () => form.classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  form.classList.remove("over");
  await add([...event.dataTransfer.files]);
});
for (const part of [form, document.querySelector("#paste")]) part.hidden = false;
