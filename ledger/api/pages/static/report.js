// What a check says, step by step, on the page, and the answers of the service that it asks for.
import { inWords } from "./language.js";
import { msg } from "./verify/messages.js";
import { Unable } from "./verify/refusals.js";

export class Report {
  constructor(section) {
    this.section = section;
    this.status = section.querySelector(".status");
    this.list = section.querySelector(".steps:not(.findings)");
    this.findings = document.querySelector(".findings") ?? this.list;
    this.list.replaceChildren();
    this.findings.replaceChildren();
  }

  // `held`: true, false, or null for what cannot be checked here. Where the page has a place for findings, these stand there:
  // what does not hold, what was not checked, and what came out.
  say(step, words, held = true) {
    const line = document.createElement("li");
    line.className = held === null ? "skip-step" : held ? "yes" : "no";
    line.dataset.step = step;
    line.textContent = inWords(words);
    if (step === "verdict") this.findings.insertBefore(line, this.findings.querySelector("li:not([data-step=verdict])"));
    else (held === true ? this.list : this.findings).append(line);
  }

  // How a check ended that threw: beyond this browser, or refused. Whatever else goes wrong in what the service sent is
  // no better than a refusal. Returns the result.
  fail(error) {
    const unable = error instanceof Unable;
    const words = error.step ? error.words : msg("What the service sent cannot be read.");
    this.say(error.step ?? "format", words, unable ? null : false);
    const result = unable ? "unchecked" : "no";
    const unheld = msg("Your browser found that something does not hold:");
    this.end(result, unable ? msg("Your browser could check only this much:") : unheld);
    return result;
  }

  // `result`: yes, no or unchecked.
  end(result, words) {
    this.status.textContent = inWords(words);
    this.status.className = `status ${result}`;
    this.section.dataset.result = result;
  }
}

// Answers of the service; throws Unable where it gives none, with its `status` (0 where it was not reached).
async function answer(where) {
  const response = await fetch(where, { headers: { Accept: "application/json" } }).catch(() => null);
  if (response?.ok) return response;
  const error = new Unable("service", msg("The service did not give what the check needs. Try again later."));
  throw Object.assign(error, { status: response?.status ?? 0 });
}

export const json = async (where) => (await answer(where)).json();
export const bytes = async (where) => new Uint8Array(await (await answer(where)).arrayBuffer());
export const text = async (where) => (await answer(where)).text();
export const proofBetween = async (first, second) =>
  (await json(`/v1/log/proof/consistency?first=${first}&second=${second}`)).proof;
