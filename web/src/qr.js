// QR codes: drawn as SVG or a grid of modules, and read from a picture's pixels.
export { default as encode } from "qr";
export { default as decode } from "qr/decode.js";
