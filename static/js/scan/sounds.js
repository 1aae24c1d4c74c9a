// The sounds of ux 5.8, made with Web Audio: tones in Hz and ms, and the matching vibration.
const tone = (hz, ms, wave = "sine", to = hz) => ({ hz, ms, wave, to });
const gap = (ms) => ({ hz: 0, ms });

export const SOUNDS = {
  ok: [tone(1320, 70)],
  line: [tone(880, 70), tone(1320, 90)],
  job: [tone(880, 110), tone(1109, 110), tone(1319, 110)],
  warn: [tone(660, 220, "triangle")],
  wrong: [tone(220, 170, "square"), gap(60), tone(220, 170, "square")],
  stop: [tone(196, 260, "square", 147), gap(60), tone(196, 260, "square", 147), gap(60), tone(196, 260, "square", 147)],
  print: [tone(1000, 40, "triangle", 200)],
};
export const BUZZES = {
  ok: [40], line: [40, 40, 40], job: [200], warn: [150], wrong: [200, 100, 200], stop: [400, 100, 400], print: [],
};
const NEVER_SILENT = new Set(["wrong", "stop"]);
const LEAST = 0.2;
let audio = null;

// 0 to 1, kept on this device. Wrong and stop stay audible.
export function loudness(name, asked = Number(localStorage.getItem("scan-volume") ?? 1)) {
  const volume = Number.isFinite(asked) ? Math.min(Math.max(asked, 0), 1) : 1;
  return NEVER_SILENT.has(name) ? Math.max(volume, LEAST) : volume;
}

function play(name) {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  let at = audio.currentTime;
  for (const { hz, ms, wave, to } of SOUNDS[name]) {
    const seconds = ms / 1000;
    if (hz) {
      const source = audio.createOscillator();
      const volume = audio.createGain();
      source.type = wave;
      source.frequency.value = hz;
      if (to !== hz) {
        source.frequency.setValueAtTime(hz, at);
        source.frequency.linearRampToValueAtTime(to, at + seconds);
      }
      volume.gain.setValueAtTime(loudness(name) * (wave === "square" ? 0.35 : 0.8), at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
      source.connect(volume).connect(audio.destination);
      source.start(at);
      source.stop(at + seconds);
    }
    at += seconds;
  }
}

export function sound(name) {
  try { if (globalThis.AudioContext && SOUNDS[name]) play(name); } catch { /* no sound card: the screen says it too */ }
  const buzz = BUZZES[name];
  if (buzz?.length) navigator.vibrate?.(buzz);
}
