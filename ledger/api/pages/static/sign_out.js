// Signing out ends what the dock took along for whoever had signed in, too. What waits to be handed in stays, and is shown to who
// signed it once he signs in again.
import { forgetFacts } from "./dock/store.js";

const PATIENCE = 2000; // milliseconds: a browser that does not answer keeps nobody signed in
const form = document.querySelector('form[action="/sign-out"]');

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await Promise.race([forgetFacts().catch(() => {}), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  form.submit();
});
