// The sign-in page's buttons: one for each key that can sign in this browser.
import { gettext as _ } from "./gettext.js";
import { signIn } from "./sign_in.js";
import { signersHere } from "./signers/here.js";
import { element } from "./signing/show.js";

const place = document.getElementById("signers");
const status = place.querySelector("[role=status]");
for (const { name, kind, connect } of await signersHere()) {
  const button = element("button", { type: "button", "data-signer": kind }, _("Sign in with {name}", { name }));
  button.addEventListener("click", async () => {
    status.textContent = "";
    try {
      await signIn(await connect());
      location.assign(place.dataset.back);
    } catch (error) {
      status.textContent = error.message;
    }
  });
  place.querySelector(".row").append(button);
  place.hidden = false;
}
