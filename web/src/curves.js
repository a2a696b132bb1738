// Keys on a device: secp256k1 with low-s signatures, and Keccak-256.
export { secp256k1 } from "@noble/curves/secp256k1.js";
export { keccak_256 } from "@noble/hashes/sha3.js";
