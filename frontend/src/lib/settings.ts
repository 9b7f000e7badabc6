import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { chooseZone } from "./format";

export const PALETTES = ["standard", "cvd"] as const;
export const DENSITIES = ["compact", "comfortable"] as const;
/** `local` is the reader's own zone. */
export const ZONES = ["local", "UTC", "Europe/Warsaw", "Europe/London", "America/New_York", "Asia/Singapore", "Asia/Tokyo"] as const;

export type Settings = {
  readonly palette: (typeof PALETTES)[number];
  readonly density: (typeof DENSITIES)[number];
  readonly zone: (typeof ZONES)[number];
  /** Whether single letters do something. */
  readonly letterKeys: boolean;
  /** Whether fills and alerts are heard. */
  readonly sounds: boolean;
};

const KEY = "mmbot.settings";
export const USUAL: Settings = { palette: "standard", density: "compact", zone: "local", letterKeys: true, sounds: false };

/** Read what was kept, whatever stands there: an unknown value is the usual one. */
export function readSettings(text: string | null): Settings {
  let kept: unknown = null;
  try {
    kept = JSON.parse(text ?? "null");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const found = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  const one = <T extends string>(name: keyof Settings, known: readonly T[], usual: T): T => known.find((each) => each === found[name]) ?? usual;
  return {
    palette: one("palette", PALETTES, USUAL.palette),
    density: one("density", DENSITIES, USUAL.density),
    zone: one("zone", ZONES, USUAL.zone),
    letterKeys: found.letterKeys !== false,
    sounds: found.sounds === true,
  };
}

const settingsStore = createStore<Settings>(() => USUAL);

function apply(settings: Settings): void {
  const root = document.documentElement;
  root.dataset.mmPalette = settings.palette;
  root.dataset.mmDensity = settings.density;
  chooseZone(settings.zone === "local" ? undefined : settings.zone);
}

/** Bring back what was chosen, before the first drawing. */
export function startSettings(): void {
  const settings = readSettings(localStorage.getItem(KEY));
  settingsStore.setState(settings, true);
  apply(settings);
}

export function changeSettings(part: Partial<Settings>): void {
  const settings = { ...settingsStore.getState(), ...part };
  localStorage.setItem(KEY, JSON.stringify(settings));
  apply(settings);
  settingsStore.setState(settings, true);
}

export function useSettings(): Settings {
  return useStore(settingsStore);
}

export function letterKeysAreOn(): boolean {
  return settingsStore.getState().letterKeys;
}
