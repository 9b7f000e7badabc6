import type { MouseEvent, ReactNode } from "react";
import { type PageName, openPage, pathOf } from "../../lib/route";

type Props = { page: PageName; market?: string | null; className?: string | undefined; children: ReactNode; label?: string; current?: boolean; onOpen?: () => void };

/** A real link to a page of the screen: opens here at once, in a new tab when asked so. */
export function PageLink({ page, market = null, className, children, label, current = false, onOpen }: Props) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    openPage(page, market);
    onOpen?.();
  };
  return <a href={pathOf(page, market)} onClick={onClick} className={className} aria-label={label} aria-current={current ? "page" : undefined}>{children}</a>;
}
