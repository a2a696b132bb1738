// What the brand says of a product, on its page: from the signed record in the bundle, the text and the picture that the
// service gives by their hashes, and nothing that the service says otherwise.
import { tag } from "./language.js";
import { bytes, text } from "./report.js";
import { inLanguage, mustBePicture, parseDescription } from "./verify/described.js";
import { msg } from "./verify/messages.js";
import { Unable } from "./verify/refusals.js";

const PIECE = 0x8000;

// What to show, or null where there is nothing, and says so. Throws Refused where the service gives something else.
export async function checkGoods(data, gtin, say) {
  if (data === null) return null;
  try {
    const goods = await parseDescription(await text(`/v1/products/data/${data.document}`), data.document, gtin);
    if (goods === null) {
      say("product", msg("What the brand signed as this product's name cannot be read."), null);
      return null;
    }
    say("product", msg("Name and brand are those that the brand signed."));
    return { ...goods, drawn: goods.picture && (await checkPicture(goods.picture, say)) };
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    say("product", msg("The service does not give what the brand signed as this product's name."), null);
    return null;
  }
}

async function checkPicture(picture, say) {
  try {
    const body = await bytes(`/v1/products/pictures/${picture.sha256}`);
    await mustBePicture(body, picture);
    say("picture", msg("The picture is the one that the brand signed."));
    return address(body, picture.type);
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    say("picture", msg("The service does not give the picture that the brand signed."), null);
    return null;
  }
}

// The checked bytes themselves, not a second answer of the service.
function address(body, type) {
  let characters = "";
  for (let at = 0; at < body.length; at += PIECE) characters += String.fromCharCode(...body.subarray(at, at + PIECE));
  return `data:${type};base64,${btoa(characters)}`;
}

// Shows only what held; without it, the code alone.
export function showGoods(place, goods) {
  place.hidden = goods === null;
  if (goods === null) return;
  place.dataset.checked = "";
  const name = inLanguage(goods.names, tag);
  place.querySelector(".brand-name").textContent = goods.brand;
  place.querySelector(".product-name").textContent = name;
  place.querySelector(".description").textContent = inLanguage(goods.descriptions, tag);
  place.querySelector(".whose").hidden = true;
  const image = place.querySelector("img");
  image.hidden = !goods.drawn;
  image.alt = name;
  if (goods.drawn) image.src = goods.drawn;
}
