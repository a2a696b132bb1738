// A button beside each text that somebody may want to carry elsewhere ([data-copy]); without scripts it is selected by hand.
import { inWords } from "../language.js";
import { msg } from "../verify/messages.js";

const SHOWN = 2000; // milliseconds

function buttonFor(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet copy";
  const say = (words) => (button.textContent = inWords(words));
  say(msg("Copy"));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(place.textContent);
      say(msg("Copied"));
    } catch {
      getSelection().selectAllChildren(place);
      say(msg("Selected"));
    }
    setTimeout(() => say(msg("Copy")), SHOWN);
  });
  return button;
}

for (const place of document.querySelectorAll("[data-copy]")) place.after(" ", buttonFor(place));
