// The page of keys and devices: this device's own keys, granting those of others, and taking keys back.
import { offerGranting, revoke } from "./devices/approve.js";
import { offerMaking, showOwn } from "./devices/own.js";

const [own, form, granting, confirming] = ["own", "make", "grant", "confirm"].map((id) => document.getElementById(id));

const reload = () => location.reload();
const takeBack = (partner, key, signer = null) => {
  confirming.hidden = false;
  return revoke(confirming.querySelector(".shown"), partner, key, signer, reload);
};

await showOwn(own, takeBack);
offerMaking(form, own, takeBack);
offerGranting(granting, reload);
for (const button of document.querySelectorAll("button[data-revoke]")) {
  button.hidden = false;
  button.addEventListener("click", () => takeBack(Number(button.dataset.partner), button.dataset.revoke));
}
