// The playground as a PNG: the sentence, the network, its raster, and every method's map and numbers.

import { METHODS } from "./methods.js";
import { percent, touched } from "./sayings.js";
import { colours } from "./theme.js";

export function savePicture(stage) {
  const { e, s, frame } = stage;
  if (!frame) return;
  const ratio = devicePixelRatio || 1, left = e.graph.clientWidth, high = 60 + e.graph.clientHeight + e.raster.clientHeight + 24, wide = left + 300;
  const canvas = document.createElement("canvas"), c = canvas.getContext("2d");
  canvas.width = wide * ratio;
  canvas.height = high * ratio;
  c.scale(ratio, ratio);
  c.fillStyle = colours.paper;
  c.fillRect(0, 0, wide, high);
  c.fillStyle = colours.ink;
  c.textBaseline = "middle";
  c.font = `600 16px ${colours.font}`;
  c.fillText((stage.sentence ?? "").replace("**", ""), 16, 26, wide - 32);
  c.drawImage(e.graph, 0, 52, left, e.graph.clientHeight);
  c.drawImage(e.raster, 0, 60 + e.graph.clientHeight, left, e.raster.clientHeight);
  let y = 60;
  for (const key of s.methods) {
    const m = frame.methods[key], { map } = stage.cards.cards[key];
    c.drawImage(map, left + 20, y, 64, 64);
    c.strokeStyle = colours.methods[key];
    c.lineWidth = 3;
    c.setLineDash(METHODS[key].dash);
    c.beginPath();
    c.moveTo(left + 98, y + 8);
    c.lineTo(left + 122, y + 8);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = colours.ink;
    c.font = `600 15px ${colours.font}`;
    c.fillText(METHODS[key].title, left + 130, y + 9);
    c.font = `14px ${colours.font}`;
    c.fillText(`${Math.round(100 * m.test.accuracy)} % right${m.active ? `, touched ${percent(touched(m))}` : ""}`, left + 98, y + 34);
    y += 76;
  }
  c.fillStyle = colours.muted;
  c.font = `13px ${colours.font}`;
  c.fillText(`${frame.updates.toLocaleString("en")} updates, seed ${s.seed}`, left + 20, y + 8);
  if (high - y - 40 > 60) c.drawImage(e.loss, left + 16, y + 24, 268, Math.min(high - y - 40, e.loss.clientHeight * (268 / e.loss.clientWidth)));
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "snnviz-playground.png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
