import { useReducedMotion } from "@mantine/hooks";
import { type KeyboardEvent, useEffect } from "react";
import { Icon } from "../../components/ui/Icon";
import { useMay } from "../../lib/access";
import { formatAge } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import css from "./KillButton.module.css";
import { HOLD_MS } from "./hold-to-confirm";
import { sendKill } from "./kill";
import { useHold } from "./use-hold";

/** Hold for a second: halt, and cancel every order of the account. Works without a dialog and on old data, on every page. */
export function KillButton({ wide = false }: { wide?: boolean }) {
  return useMay("control") ? <Kill wide={wide} /> : null;
}

function Kill({ wide }: { wide: boolean }) {
  const { t, language } = useWords();
  const calm = useReducedMotion();
  const { share, holding, down, up } = useHold(() => void sendKill());
  useEffect(() => {
    const isKey = (event: globalThis.KeyboardEvent) => event.code === "KeyK" && event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
    const onDown = (event: globalThis.KeyboardEvent) => { if (isKey(event)) down(); };
    const onUp = (event: globalThis.KeyboardEvent) => { if (event.code === "KeyK" || event.key === "Shift") up(); };
    window.addEventListener("keydown", onDown);
    window.addEventListener("keyup", onUp);
    window.addEventListener("blur", up);
    return () => {
      window.removeEventListener("keydown", onDown);
      window.removeEventListener("keyup", onUp);
      window.removeEventListener("blur", up);
    };
  }, [down, up]);
  const onKey = (event: KeyboardEvent) => { if (event.key === " " || event.key === "Enter") { event.preventDefault(); down(); } };
  const left = formatAge(Math.ceil((1 - share) * HOLD_MS / 100) * 100, language);
  return (
    <button
      type="button" className={css.kill} data-wide={wide} data-holding={holding} title={t("kill.help")} aria-label={t("kill.label")}
      onPointerDown={(event) => { if (event.button === 0) down(); }} onPointerUp={up} onPointerLeave={up} onPointerCancel={up}
      onKeyDown={onKey} onKeyUp={up} onBlur={up} onContextMenu={(event) => event.preventDefault()}
    >
      {!calm && <i style={{ transform: `scaleX(${share})` }} />}
      <Icon name="power" />
      <span>{wide ? t("kill.wide") : <><b>{t("kill.word")}</b> <small>{holding && calm ? left : t("kill.hold")}</small></>}</span>
    </button>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}
