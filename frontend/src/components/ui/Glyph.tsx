export type GlyphShape = "wished" | "placing" | "resting" | "cancelling" | "unknown" | "ended";

const DRAWN: Record<GlyphShape, React.ReactNode> = {
  wished: <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="2.3 2.3" />,
  placing: <><circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.3" /><path d="M6 6V1.5A4.5 4.5 0 0 1 10.5 6z" fill="currentColor" /></>,
  resting: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  cancelling: <><circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.2" /><path d="M4 4l4 4M8 4l-4 4" stroke="currentColor" strokeWidth="1.2" /></>,
  unknown: <><path d="M6 .9L11.1 6 6 11.1.9 6z" fill="none" stroke="currentColor" strokeWidth="1.2" /><path d="M4.8 5a1.2 1.2 0 1 1 1.6 1.1c-.3.2-.4.3-.4.7M6 8.2v.1" fill="none" stroke="currentColor" strokeWidth="1" /></>,
  ended: <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.2" />,
};

/** One of the shapes that tell states apart without colour. */
export function Glyph({ shape }: { shape: GlyphShape }) {
  return <svg width="11" height="11" viewBox="0 0 12 12" aria-hidden="true" style={{ flex: "none", display: "block" }}>{DRAWN[shape]}</svg>;
}
