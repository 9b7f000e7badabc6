/** Two short tones without files: a fill rises, an alert falls. */
const TONES = { fill: [660, 880], alert: [520, 390] } as const;
const NOTE_S = 0.09;
const LOUDNESS = 0.08;

export type Sound = keyof typeof TONES;

let context: AudioContext | null = null;

/** Play a tone; silent where the browser has no sound or has not been touched yet. */
export function play(sound: Sound): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state !== "running") {
    void context.resume();
    return;
  }
  const [first, second] = TONES[sound];
  const start = context.currentTime;
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  tone.frequency.setValueAtTime(first, start);
  tone.frequency.setValueAtTime(second, start + NOTE_S);
  gain.gain.setValueAtTime(LOUDNESS, start);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + 2 * NOTE_S);
  tone.connect(gain).connect(context.destination);
  tone.start(start);
  tone.stop(start + 2 * NOTE_S);
}
