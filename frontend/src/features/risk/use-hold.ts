import { useCallback, useEffect, useRef, useState } from "react";
import { HOLD_MS, type Hold, held, progress } from "./hold-to-confirm";

/** Run something after a press of one second; the share of the second that has passed is for drawing. */
export function useHold(onHeld: () => void) {
  const [hold, setHold] = useState<Hold>({ kind: "idle" });
  const [share, setShare] = useState(0);
  const run = useRef(onHeld);
  useEffect(() => {
    run.current = onHeld;
  }, [onHeld]);
  const down = useCallback(() => setHold((last) => held(last, { type: "down", nowMs: performance.now() })), []);
  const up = useCallback(() => setHold((last) => held(last, { type: "up", nowMs: performance.now() })), []);
  useEffect(() => {
    if (hold.kind === "fired") run.current();
    if (hold.kind !== "holding") return undefined;
    let frame = 0;
    const draw = () => {
      setShare(progress(hold, performance.now()));
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    const timer = setTimeout(() => setHold((last) => held(last, { type: "frame", nowMs: performance.now() + 5 })), HOLD_MS);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [hold]);
  return { share: hold.kind === "idle" ? 0 : share, holding: hold.kind === "holding", down, up };
}
