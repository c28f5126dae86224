// The one sample that runs through the network in slow motion: a point of the plane, a digit that was not seen, or one drawn by hand.

// 64 grey values of the digit that runs.
export function image({ s, digits }) {
  if (s.image) return Uint8Array.from(s.image, (one) => parseInt(one, 17));
  if (!digits.images) return new Uint8Array(64);
  const at = 64 * (digits.train + (s.sample % digits.unseen));
  return digits.images.subarray(at, at + 64);
}

// Of the digit: its own class, or for one drawn by hand what the shown method takes it for.
export function digitsClass({ s, digits, frame }) {
  const { answer } = frame.methods[s.shown];
  if (!s.image) return digits.labels[digits.train + (s.sample % digits.unseen)];
  return answer ? answer.indexOf(Math.max(...answer)) : 0;
}

// The class of the training point next to a place.
export function nearestClass({ train }, { px, py }) {
  let best = 0, least = Infinity;
  for (let i = 0; i < train.n; i++) {
    const d = (train.x[i] - px) ** 2 + (train.y[i] - py) ** 2;
    if (d < least) [least, best] = [d, i];
  }
  return train.n ? train.c[best] : 0;
}
