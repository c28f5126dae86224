// The random numbers of numpy.random.default_rng(seed), so that a current drawn here is the one that Python draws: PCG64
// (O'Neill 2014, XSL-RR), seeded by a SeedSequence; the normal law by a ziggurat of 256 layers (Marsaglia and Tsang 2000), the
// Poisson law by multiplication below a mean of 10 and by transformed rejection (Hoermann 1993, PTRS) from there on.

// Numbers of 128 bits are eight limbs of 16, the least first: their products are exact in a double.
const limbs = (number) => Array.from({ length: 8 }, (_, i) => Number((number >> BigInt(16 * i)) & 0xffffn));
const MULTIPLIER = limbs(0x2360ed051fc65da44385df649fccf645n);

// Eight words of 32 bits from a seed below 2^32.
function seedWords(seed) {
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const mix = (x, y) => {
    const value = Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715);
    return value ^ (value >>> 16);
  };
  const pool = [seed | 0, 0, 0, 0].map(hash);
  for (let from = 0; from < 4; from++) for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  constant = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, i) => {
    let value = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return (value ^ (value >>> 16)) >>> 0;
  });
}

// The ziggurat's layers: below `inside` a number of 52 bits times `width` lies under the curve without looking further.
const LAYERS = 256, EDGE = 3.6541528853610088, AREA = 4.92867323397465524494e-3, BITS = 2 ** 52;
const inside = new Float64Array(LAYERS), width = new Float64Array(LAYERS), height = new Float64Array(LAYERS);
{
  const curve = (x) => Math.exp(-0.5 * x * x);
  let x = EDGE;
  inside[0] = x * (curve(x) / AREA) * BITS;
  width[0] = AREA / curve(x) / BITS;
  width[LAYERS - 1] = x / BITS;
  height[0] = 1;
  height[LAYERS - 1] = curve(x);
  for (let i = LAYERS - 2; i > 0; i--) {
    const next = Math.sqrt(-2 * Math.log(AREA / x + curve(x)));
    inside[i + 1] = (next / x) * BITS;
    x = next;
    width[i] = x / BITS;
    height[i] = curve(x);
  }
}

// ln (x - 1)!, by Stirling's series.
function logFactorial(x) {
  let shift = 0;
  for (; x < 9; x++) shift += Math.log(x);
  const y = 1 / (x * x);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x - shift;
}

export class Random {
  constructor(seed) {
    const words = seedWords(seed).map(BigInt), pair = (i) => (words[i + 1] << 32n) | words[i];
    const increment = ((pair(4) << 64n) | pair(6)) << 1n | 1n;
    this.increment = limbs(increment);
    this.state = limbs(increment + ((pair(0) << 64n) | pair(2)));
    this.next = new Array(8);
    this.step();
  }
  step() {
    const { state, increment, next } = this;
    for (let k = 0, carry = 0; k < 8; k++) {
      let sum = increment[k] + carry;
      for (let i = 0; i <= k; i++) sum += state[i] * MULTIPLIER[k - i];
      carry = Math.floor(sum / 65536);
      next[k] = sum - 65536 * carry;
    }
    this.state = next;
    this.next = state;
  }

  // 64 bits, as two halves of 32: `high` and `low`.
  draw() {
    this.step();
    const s = this.state, by = s[7] >>> 10;
    let high = ((s[7] ^ s[3]) << 16) | (s[6] ^ s[2]), low = ((s[5] ^ s[1]) << 16) | (s[4] ^ s[0]);
    if (by & 32) [high, low] = [low, high];
    const few = by & 31;
    if (few) [high, low] = [(high >>> few) | (low << (32 - few)), (low >>> few) | (high << (32 - few))];
    this.high = high >>> 0;
    this.low = low >>> 0;
  }
  // From 0 up to, not including, 1.
  uniform() {
    this.draw();
    return (this.high * 2 ** 21 + (this.low >>> 11)) * 2 ** -53;
  }

  normal() {
    for (;;) {
      this.draw();
      const { high, low } = this, layer = low & 0xff, size = (high & 0x1fffffff) * 2 ** 23 + (low >>> 9);
      const x = size * width[layer], signed = (low >>> 8) & 1 ? -x : x;
      if (size < inside[layer]) return signed;
      if (layer > 0) {
        if ((height[layer - 1] - height[layer]) * this.uniform() + height[layer] < Math.exp(-0.5 * x * x)) return signed;
        continue;
      }
      for (;;) { // the tail
        const beyond = -Math.log1p(-this.uniform()) / EDGE, y = -Math.log1p(-this.uniform());
        if (2 * y > beyond * beyond) return (low >>> 17) & 1 ? -(EDGE + beyond) : EDGE + beyond;
      }
    }
  }

  poisson(mean) {
    if (mean === 0) return 0;
    if (mean < 10) {
      const least = Math.exp(-mean);
      let count = 0;
      for (let product = this.uniform(); product > least; product *= this.uniform()) count++;
      return count;
    }
    const root = Math.sqrt(mean), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b, log = Math.log(mean);
    const inverse = 1.1239 + 1.1328 / (b - 3.4), quick = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.uniform() - 0.5, v = this.uniform(), rest = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / rest + b) * u + mean + 0.43);
      if (rest >= 0.07 && v <= quick) return count;
      if (count < 0 || (rest < 0.013 && v > rest)) continue;
      if (Math.log(v) + Math.log(inverse) - Math.log(a / (rest * rest) + b) <= count * log - mean - logFactorial(count + 1)) return count;
    }
  }
}
