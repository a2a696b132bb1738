// The page of keys and devices: this device's own keys, granting those of others, and taking keys back.
import { drawn } from "./codes/draw.js";
import { offerGranting, revoke } from "./devices/approve.js";
import { offerMaking, showOwn, watch } from "./devices/own.js";
import { gettext as _ } from "./gettext.js";

const [own, form, granting, confirming] = ["own", "make", "grant", "confirm"].map((id) => document.getElementById(id));

const takeBack = (partner, key, signer = null) => {
  confirming.hidden = false;
  return revoke(confirming.querySelector(".shown"), partner, key, signer);
};

const kept = await showOwn(own, takeBack);
offerMaking(form, own, takeBack);
form.closest("details").open = kept.length === 0;
offerGranting(granting);
for (const place of document.querySelectorAll("[data-link]")) {
  place.append(drawn(place.dataset.link, _("Code of this page's address, for the camera of a new device")));
}
for (const button of document.querySelectorAll("button[data-revoke]")) {
  button.hidden = false;
  button.addEventListener("click", () => takeBack(Number(button.dataset.partner), button.dataset.revoke));
}
watch(own, takeBack);
