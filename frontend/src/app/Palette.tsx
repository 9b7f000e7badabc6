import { Modal, useMantineColorScheme } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { closeDialog, openDialog, useDialog } from "../lib/dialogs";
import { chooseLanguage, useWords } from "../lib/i18n";
import { PAGES, openPage } from "../lib/route";
import { type PaletteLine, matching } from "./palette";
import css from "./frame.module.css";

type Props = { market: string; markets: readonly string[]; onMarket: (market: string) => void };

/** Jump to a page or market, or open a command's dialog; nothing is sent from here. */
export function Palette(props: Props) {
  const { t } = useWords();
  const opened = useDialog()?.kind === "palette";
  return (
    <Modal opened={opened} onClose={closeDialog} withCloseButton={false} title={t("palette.title")} size={460} yOffset="12vh">
      {opened && <Lines {...props} />}
    </Modal>
  );
}

function useLines({ market, markets, onMarket }: Props): PaletteLine[] {
  const { t, language } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const pages = PAGES.map((page) => ({ id: page, group: t("palette.page"), words: t(`pages.${page}`), run: () => openPage(page) }));
  const others = markets.map((name) => ({ id: `market ${name}`, group: t("palette.market"), words: name, run: () => onMarket(name) }));
  const command = (id: string, words: string, run: () => void) => ({ id, group: t("palette.command"), words, run });
  return [
    ...pages, ...others,
    command("switch", t("keys.switch"), () => openDialog({ kind: "switch", market })),
    command("flatten", `${t("bot.flatten")} ${market}`, () => openDialog({ kind: "flatten", market })),
    command("cancelAll", t("cancelAll.button"), () => openDialog({ kind: "cancelAll" })),
    command("keys", t("keys.title"), () => openDialog({ kind: "keys" })),
    { id: "language", group: t("pages.settings"), words: language === "en" ? "Polski" : "English", run: () => chooseLanguage(language === "en" ? "pl" : "en") },
    { id: "colours", group: t("pages.settings"), words: colorScheme === "light" ? t("app.dark") : t("app.light"), run: () => setColorScheme(colorScheme === "light" ? "dark" : "light") },
  ];
}

function Lines(props: Props) {
  const { t } = useWords();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const lines = matching(useLines(props), typed);
  const chosen = Math.min(at, Math.max(0, lines.length - 1));
  const take = (line: PaletteLine | undefined) => {
    if (!line) return;
    closeDialog();
    line.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setAt((chosen + (event.key === "ArrowDown" ? 1 : -1) + lines.length) % Math.max(1, lines.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(lines[chosen]);
    }
  };
  return (
    <div className={css.palette}>
      <input
        data-autofocus role="combobox" aria-expanded="true" aria-controls="palette-lines" aria-activedescendant={lines[chosen] ? `palette-${lines[chosen].id}` : undefined}
        aria-label={t("palette.title")} placeholder={t("palette.hint")} autoComplete="off" spellCheck={false} value={typed}
        onChange={(event) => { setTyped(event.currentTarget.value); setAt(0); }} onKeyDown={onKey}
      />
      <div id="palette-lines" className={css.lines} role="listbox" tabIndex={-1} aria-label={t("palette.title")}>
        {lines.map((line, index) => (
          <div key={line.id} id={`palette-${line.id}`} role="option" tabIndex={-1} aria-selected={index === chosen} onPointerMove={() => setAt(index)} onClick={() => take(line)} onKeyDown={onKey}>
            {line.words}<small>{line.group}</small>
          </div>
        ))}
        {lines.length === 0 && <p>{t("palette.none")}</p>}
      </div>
    </div>
  );
}
