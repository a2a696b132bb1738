// Reading QR codes with this device's camera. Pictures are looked at here and go nowhere.
import { gettext as _ } from "../gettext.js";
import { decode } from "../lib/qr.js";

const PAUSE = 120; // milliseconds between looks: a phone stays cool
const LONGEST_SIDE = 1000; // pixels that are looked at: enough for a code that fills half of the picture

// Shows the camera in `video` and gives each text that it reads to `onText`, until that returns true or `signal` aborts.
// Throws where there is no camera, or it may not be used.
export async function scan(video, onText, signal) {
  const camera = await opened();
  try {
    video.srcObject = camera;
    await video.play();
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (!signal.aborted) {
      const text = looked(video, canvas, context);
      if (text !== null && (await onText(text)) === true) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } finally {
    video.srcObject = null;
    camera.getTracks().forEach((track) => track.stop());
  }
}

async function opened() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error(_("This browser gives no camera here: paste the text instead."));
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    throw new Error(_("The camera cannot be used: allow it in the browser, or paste the text instead."), { cause: error });
  }
}

function looked(video, canvas, context) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight, 1));
  [canvas.width, canvas.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
  if (canvas.width === 0 || canvas.height === 0) return null; // no picture yet
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  try {
    return decode(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    return null; // no code in this picture
  }
}
