const LINES = {
  play: <path d="M4.5 3v10l8-5z" fill="currentColor" stroke="none" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" fill="currentColor" stroke="none" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.2" />,
  eye: <><path d="M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8z" /><circle cx="8" cy="8" r="1.8" /></>,
  clock: <><circle cx="8" cy="8" r="5.6" /><path d="M8 4.8V8l2.2 1.6" /></>,
  moon: <path d="M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z" />,
  sun: <><circle cx="8" cy="8" r="2.8" /><path d="M8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M3.5 12.5l1.1-1.1M11.4 4.6l1.1-1.1" /></>,
  check: <path d="M3 8.5l3.2 3L13 4.8" />,
  warn: <path d="M8 2.2l6.2 11H1.8zM8 6.5v3.2M8 11.4v.1" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  info: <><circle cx="8" cy="8" r="5.8" /><path d="M8 7.4v3.4M8 5.2v.1" /></>,
  offline: <path d="M2.5 2.5l11 11M6.5 9.5L5 11a2.5 2.5 0 0 1-3.5-3.5L4 5M9.5 6.5L11 5a2.5 2.5 0 0 1 3.5 3.5L12 11" />,
  up: <path d="M8 3.5l5 8.5H3z" fill="currentColor" stroke="none" />,
  down: <path d="M8 12.5L3 4h10z" fill="currentColor" stroke="none" />,
  minus: <path d="M3.5 8h9" />,
  plus: <path d="M3.5 8h9M8 3.5v9" />,
  retry: <path d="M3 8a5 5 0 1 1 1.6 3.7M3 13v-2.6h2.6" />,
  shield: <path d="M8 1.8l5 1.8v4.2c0 3-2 5.2-5 6.4-3-1.2-5-3.4-5-6.4V3.6z" />,
  triangle: <path d="M8 3.2L13.8 13H2.2z" fill="currentColor" stroke="none" />,
  square: <rect x="3" y="3" width="10" height="10" rx="1.5" fill="currentColor" stroke="none" />,
  diamond: <path d="M8 2l6 6-6 6-6-6z" fill="currentColor" stroke="none" />,
  disc: <circle cx="8" cy="8" r="5" fill="currentColor" stroke="none" />,
  bot: <><rect x="3" y="5.5" width="10" height="7.5" rx="2" /><path d="M8 5.5V3M6 9v.8M10 9v.8" /></>,
  hand: <path d="M5 9V4.2a1 1 0 0 1 2 0V7.5M7 7.2V3a1 1 0 0 1 2 0v4.2M9 7.2V3.8a1 1 0 0 1 2 0V8M11 7V5.6a1 1 0 0 1 2 0v4A4.4 4.4 0 0 1 8.6 14c-2 0-2.8-.9-3.7-2.4L3 8.6a1 1 0 0 1 1.7-1L5 8.2" />,
  flatten: <path d="M8 2.5v7M5 6.8l3 3 3-3M3 13h10" />,
  power: <path d="M8 2v5.5M4.6 4.4a5 5 0 1 0 6.8 0" />,
  bell: <path d="M4.2 11.2V7a3.8 3.8 0 0 1 7.6 0v4.2l1 1.3H3.2zM6.8 14h2.4" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  gear: <path d="M2.5 4.5h6M11.5 4.5h2M2.5 8h2M7.5 8h6M2.5 11.5h7M12.5 11.5h1M10 3v3M6 6.5v3M11 10v3" />,
  keyboard: <><rect x="1.8" y="4" width="12.4" height="8" rx="1.4" /><path d="M4.4 6.6v.1M7 6.6v.1M9.6 6.6v.1M12 6.6v.1M5 9.6h6" /></>,
  person: <><circle cx="8" cy="5" r="2.6" /><path d="M3 13.6c.5-3 2.4-4.4 5-4.4s4.5 1.4 5 4.4" /></>,
  search: <><circle cx="7" cy="7" r="4.2" /><path d="M10.2 10.2L14 14" /></>,
  download: <path d="M8 2.5v7M5 7l3 3 3-3M3 13h10" />,
  bolt: <path d="M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z" />,
  lock: <><rect x="3.5" y="7" width="9" height="6.5" rx="1.2" /><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2" /></>,
  arrow: <path d="M3 8h10M9 4l4 4-4 4" />,
} as const;

export type IconName = keyof typeof LINES;

/** A line drawing in the colour of the text around it; decoration for the eye only. */
export function Icon({ name, size = 14 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false"
      fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round"
      style={{ flex: "none", display: "block" }}
    >
      {LINES[name]}
    </svg>
  );
}
