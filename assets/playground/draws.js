// Counter-based draws, the twin of snnviz/draws.py: a draw is a function of its place, so Python makes the same ones.

// The high word of a 32 x 32 bit product.
function high(a, b) {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const middle = ah * bl + ((al * bl) >>> 16), other = al * bh + (middle & 0xffff);
  return ah * bh + Math.floor(middle / 65536) + Math.floor(other / 65536);
}

// Philox 4x32-10: four words below 2^32.
export function philox(key0, key1, c0, c1, c2, c3) {
  for (let round = 0; round < 10; round++) {
    const a = high(0xd2511f53, c0), b = high(0xcd9e8d57, c2), low = Math.imul(0xd2511f53, c0);
    const next = (a ^ c3 ^ key1) >>> 0;
    c0 = (b ^ c1 ^ key0) >>> 0;
    c1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c2 = next;
    c3 = low >>> 0;
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

// Four uniform draws in (0, 1) at a place; `stream` is one of FACTS.streams.
export const uniforms = (seed, stream, column, step, block = 0) =>
  philox(seed >>> 0, stream, column, step, block, 0).map((word) => ((word >>> 9) + 0.5) * 2 ** -23);
