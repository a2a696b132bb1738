// Who made a signature: keys recovered from secp256k1 signatures (SEC 1, section 4.1.6), in Jacobian coordinates, since a
// registry's history bears hundreds of signatures.
import { bigEndian, concat } from "./bytes.js";
import { keccak256 } from "./keccak.js";

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  1n,
];
const INFINITY = [1n, 1n, 0n];

const mod = (a, m) => ((a % m) + m) % m;

function power(base, exponent, modulus) {
  let result = 1n;
  for (let b = mod(base, modulus), e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}

const inverse = (a, m) => power(a, m - 2n, m);

// A point [x, y, z] stands for (x / z², y / z³); z = 0 for the point at infinity.
function double([x, y, z]) {
  if (z === 0n || y === 0n) return INFINITY;
  const yy = (y * y) % P;
  const s = (4n * x * yy) % P;
  const m = (3n * x * x) % P;
  const newX = mod(m * m - 2n * s, P);
  return [newX, mod(m * (s - newX) - 8n * yy * yy, P), (2n * y * z) % P];
}

function add(p, q) {
  if (p[2] === 0n) return q;
  if (q[2] === 0n) return p;
  const [pzz, qzz] = [(p[2] * p[2]) % P, (q[2] * q[2]) % P];
  const [u1, u2] = [(p[0] * qzz) % P, (q[0] * pzz) % P];
  const [s1, s2] = [(((p[1] * qzz) % P) * q[2]) % P, (((q[1] * pzz) % P) * p[2]) % P];
  if (u1 === u2) return s1 === s2 ? double(p) : INFINITY;
  const [h, r] = [u2 - u1, s2 - s1];
  const hh = mod(h * h, P);
  const hhh = mod(h * hh, P);
  const v = (u1 * hh) % P;
  const x = mod(r * r - hhh - 2n * v, P);
  return [x, mod(r * (v - x) - s1 * hhh, P), mod(h * p[2] * q[2], P)];
}

// a·p + b·q, bit by bit for both at once.
function sum(a, p, b, q) {
  const both = add(p, q);
  let result = INFINITY;
  for (let bit = 255n; bit >= 0n; bit--) {
    result = double(result);
    const [one, other] = [(a >> bit) & 1n, (b >> bit) & 1n];
    if (one && other) result = add(result, both);
    else if (one) result = add(result, p);
    else if (other) result = add(result, q);
  }
  return result;
}

const integer = (bytes) => bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

// The address of the key that signed `digest`; throws for what is no canonical signature.
export function recover(digest, signature) {
  const [r, s, v] = [integer(signature.slice(0, 32)), integer(signature.slice(32, 64)), signature[64]];
  if (signature.length !== 65 || (v !== 27 && v !== 28) || r === 0n || r >= N || s === 0n || s > N / 2n) {
    throw new Error("not a canonical signature");
  }
  const square = mod(r * r * r + 7n, P);
  let y = power(square, (P + 1n) / 4n, P);
  if ((y * y) % P !== square) throw new Error("no key can have made this signature");
  if ((y & 1n) !== BigInt(v - 27)) y = P - y;
  const back = inverse(r, N);
  const [x3, y3, z] = sum(mod(-integer(digest) * back, N), G, mod(s * back, N), [r, y, 1n]);
  if (z === 0n) throw new Error("no key can have made this signature");
  const over = inverse(z, P);
  const squared = (over * over) % P;
  const key = concat(bigEndian((x3 * squared) % P, 32), bigEndian((((y3 * squared) % P) * over) % P, 32));
  return keccak256(key).slice(12);
}
