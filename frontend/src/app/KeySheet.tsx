import { Modal } from "@mantine/core";
import { closeDialog, useDialog } from "../lib/dialogs";
import { useWords } from "../lib/i18n";
import { SHEET } from "./keys";
import css from "./frame.module.css";

/** All keys on one sheet. */
export function KeySheet() {
  const { t } = useWords();
  const opened = useDialog()?.kind === "keys";
  return (
    <Modal opened={opened} onClose={closeDialog} title={t("keys.title")} size={560} closeButtonProps={{ "aria-label": t("action.back") }}>
      <dl className={css.keys}>
        {SHEET.map(([keys, words]) => <div key={keys}><dt>{keys.split(" ").map((each) => <kbd key={each}>{each}</kbd>)}</dt><dd>{t(`keys.${words}`)}</dd></div>)}
      </dl>
      <p className={css.keysNote}>{t("keys.note")}</p>
    </Modal>
  );
}
