import { useCallback, useLayoutEffect, useRef, useState } from "react";

const FIRST_ROW_HEIGHT = 24;
const FIRST_HEIGHT = 600;

/** Where a list stands and how much of it can be seen; heights are measured, so every density works. */
export function useScrolled() {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: FIRST_HEIGHT, rowHeight: FIRST_ROW_HEIGHT });
  const waiting = useRef(false);
  const measure = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const row = box.querySelector<HTMLElement>("tbody tr:not([aria-hidden])");
    const next = { top: box.scrollTop, height: box.clientHeight || FIRST_HEIGHT, rowHeight: row?.offsetHeight || FIRST_ROW_HEIGHT };
    setView((old) => (old.top === next.top && old.height === next.height && old.rowHeight === next.rowHeight ? old : next));
  }, []);
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [measure]);
  const onScroll = useCallback(() => {
    if (waiting.current) return;
    waiting.current = true;
    requestAnimationFrame(() => {
      waiting.current = false;
      measure();
    });
  }, [measure]);
  return { scroller, onScroll, ...view };
}
